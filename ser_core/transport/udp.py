"""SIP over UDP (RFC 3261 §18): one non-blocking socket, read in the hub.

The rule here: no greenlet, no copy and no waiting per datagram. A datagram that can't begin a SIP
message is counted by kind and forgotten before anything is built for it, and whatever happens while
one is dealt with, the next one is read.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import gevent

from ser_core.sip.hop import Hop, Listener
from ser_core.transport.counters import TransportCounters
from ser_core.transport.guards import DestinationRefused, Destinations, SocketAddress
from ser_core.transport.limits import DEFAULT_LIMITS, Limits
from ser_core.transport.overload import Overload

MAX_DATAGRAM = 65535
MIN_DATAGRAM = 32
"""As in SER: nothing shorter can be a SIP message worth an answer."""
HOP_CACHE_SIZE = 4096

READ = 1
"""libev's EV_READ."""

OnMessage = Callable[[bytes, Hop], None]
"""Gets one message and where it came from. The bytes are not checked beyond their first."""
OnException = Callable[[str, Exception], None]
"""Logs an exception that a guard stopped: what was being done, and the exception."""

_TOKEN_CHARS = (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~"  # RFC 3261 §25.1
)
STARTS_MESSAGE = bytes(byte in _TOKEN_CHARS for byte in range(256))
"""Indexed by the first byte: 1 where a method or `SIP/2.0` can begin."""

_STUN_COOKIE = b"\x21\x12\xa4\x42"
_TLS_RECORDS = (b"\x16\x03", b"\x16\xfe", b"\x17\x03", b"\x17\xfe", b"\x15\x03", b"\x15\xfe")


class UdpListener:
    """Receives and sends on one UDP socket that was bound elsewhere."""

    def __init__(
        self,
        sock: socket.socket,
        listener: Listener,
        on_message: OnMessage,
        on_exception: OnException,
        counters: TransportCounters,
        limits: Limits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes over `sock`, which must be a bound datagram socket; made non-blocking here."""
        sock.setblocking(False)
        self.listener = listener
        self._socket = sock
        self._on_message = on_message
        self._on_exception = on_exception
        self._counters = counters
        self._destinations = Destinations(limits, sock.family)
        self._known = self._destinations.known
        self._per_turn = limits.udp_messages_per_turn
        self._hops: dict[object, Hop] = {}
        self._watcher = gevent.get_hub().loop.io(sock.fileno(), READ)
        self._clock = clock
        self._overload = Overload(clock())

    def start(self) -> None:
        """Begin to read."""
        self._watcher.start(self._read_turn)

    def stop(self) -> None:
        """Read no more; sending still works, and start() goes on where this left off."""
        self._watcher.stop()

    def close(self) -> None:
        """Stop, and close our copy of the socket."""
        self._watcher.stop()
        self._watcher.close()
        self._socket.close()

    def _read_turn(self) -> None:
        """Read what waits, up to a turn's share; epoll is level-triggered and calls again."""
        receive = self._socket.recvfrom
        hops = self._hops
        on_message = self._on_message
        overload = self._overload
        overloaded = overload.share > 0.0
        taken = 0
        for _ in range(self._per_turn):
            try:
                data, address = receive(MAX_DATAGRAM)
            except BlockingIOError:
                overload.drained = True
                break
            except OSError:
                # An ICMP error for something sent earlier is told here once; reading goes on.
                self._counters.udp_receive_errors.add()
                continue
            if len(data) < MIN_DATAGRAM or not STARTS_MESSAGE[data[0]]:
                self._count_rejected(data)
                continue
            if overloaded and overload.sheds(data):
                self._counters.udp_shed.add()
                continue
            hop = hops.get(address)
            if hop is None:
                hop = self._hop_of(address)
                if hop is None:
                    continue
            taken += 1
            try:
                on_message(data, hop)
            except Exception as error:  # noqa: BLE001  # the guard of one message
                self._stopped_by_guard(error, hop)
        else:
            overloaded = True
        if overloaded:
            overload.look(self._clock())
        if taken:
            self._counters.udp_received.add(taken)

    def _hop_of(self, address: SocketAddress) -> Hop | None:
        """The hop of a source seen for the first time; None for source port 0 (reference §8)."""
        if address[1] == 0:
            self._counters.udp_port_zero.add()
            return None
        host = address[0]
        if len(address) == 4 and address[3]:  # link-local: only with its zone can we answer
            host = f"{host}%{address[3]}"
        if len(self._hops) >= HOP_CACHE_SIZE:
            self._hops.clear()
        hop = self._hops[address] = Hop("udp", host, address[1], self.listener)
        return hop

    def _count_rejected(self, data: bytes) -> None:
        counters = self._counters
        if not data.strip(b"\r\n\0 \t"):
            counters.udp_keepalives.add()
        elif data[:2] in _TLS_RECORDS:
            counters.udp_tls.add()
        elif data[4:8] == _STUN_COOKIE and data[0] < 4:
            counters.udp_stun.add()
        elif STARTS_MESSAGE[data[0]]:
            counters.udp_short.add()
        else:
            counters.udp_rubbish.add()

    def _stopped_by_guard(self, error: Exception, hop: Hop) -> None:
        self._counters.guard_exceptions.add()
        self._on_exception(f"a message from udp:{hop.host}:{hop.port}", error)

    def send(self, data: bytes, host: str, port: int) -> None:
        """Send one datagram to an IP address without brackets.

        A full send buffer counts as a loss on the way, as it is on any network: the datagram is
        dropped and counted. OSError when it can't be sent at all (no route, too long, forbidden);
        DestinationRefused, one of them, when we never send there.
        """
        address = self._known.get((host, port))
        try:
            if address is None:
                address = self._destinations.address(host, port)
            try:
                self._socket.sendto(data, address)
            except ConnectionRefusedError:
                # Linux tells the ICMP answer to an earlier datagram here, and hasn't sent this one.
                self._socket.sendto(data, address)
        except BlockingIOError:
            self._counters.udp_send_drops.add()
        except DestinationRefused:
            self._counters.destinations_refused.add()
            raise
        except OSError:
            self._counters.udp_send_errors.add()
            raise
        else:
            self._counters.udp_sent.add()

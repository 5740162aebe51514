"""The table of stream connections: by number, and by the peer that they lead to.

RFC 3261 §18: responses go back on the connection that their request came by, requests to the same
peer share a connection, and when it has gone a new one is opened. A connection's number tells
which process holds it, so a message for another process's connection is handed on.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator

import gevent

from ser_core import log
from ser_core.errors import ParseError
from ser_core.sip.hop import Hop, Listener
from ser_core.transport.admission import Admission
from ser_core.transport.connection import Connection, OnError, Pending
from ser_core.transport.connection_counts import ConnectionCounts
from ser_core.transport.counters import TransportCounters
from ser_core.transport.failed_connects import FailedConnects, Peer
from ser_core.transport.guards import DestinationRefused, Destinations, SocketAddress, family_of
from ser_core.transport.limits import DEFAULT_LIMITS, Limits
from ser_core.transport.udp import OnException, OnMessage

SERIAL_BITS = 40
SERIAL_MASK = (1 << SERIAL_BITS) - 1

IP_BIND_ADDRESS_NO_PORT = 24
"""Linux: choose the local port at connect, when the peer is known, so that ports don't run out."""

OnFramingError = Callable[[ParseError, Hop, bytes], None]
"""Gets the error, whom to answer, and the head of the message at fault (may be empty). The
connection is closed as soon as what was sent in here has been written."""
OnConnection = Callable[[Hop], None]
"""Gets the peer of a connection that was opened or closed; `hop.connection` is its number."""
SendElsewhere = Callable[[bytes, Hop, Hop | None], bool]
"""Hands a message to the process that holds `hop.connection`, with the hop to fall back on; False
when it can't."""

OUR_SHARE = 1
"""A connection that we open takes the place of one whose source holds more than so many."""


def process_of(connection_id: int) -> int:
    """The index of the process that holds a connection."""
    return connection_id >> SERIAL_BITS


def nobody(_hop: Hop) -> None:
    """Nobody wants to know of connections."""


def nowhere(_data: bytes, _hop: Hop, _fallback: Hop | None) -> bool:
    """There is no other process."""
    return False


class Connections:
    """All stream connections of this process, accepted and opened."""

    def __init__(
        self,
        process_index: int,
        on_message: OnMessage,
        on_framing_error: OnFramingError,
        on_exception: OnException,
        counters: TransportCounters,
        limits: Limits = DEFAULT_LIMITS,
        send_elsewhere: SendElsewhere = nowhere,
        on_open: OnConnection = nobody,
        on_close: OnConnection = nobody,
        counts: ConnectionCounts | None = None,
    ) -> None:
        """`counts` is what all processes share; without it this one stands alone."""
        self._on_message = on_message
        self._on_framing_error = on_framing_error
        self._on_exception = on_exception
        self._on_open = on_open
        self._on_close = on_close
        self._send_elsewhere = send_elsewhere
        self._counters = counters
        self._limits = limits
        self._destinations = Destinations(limits)
        self._process_index = process_index
        # A number is never used again, not even by this process's successor after a crash: the
        # serial goes on from the clock, which counts faster than anyone can connect.
        self._serial = int(time.time() * 1000) & SERIAL_MASK
        self._by_id: dict[int, Connection] = {}
        self._by_peer: dict[Peer, Connection] = {}
        self._elsewhere: dict[Peer, int] = {}
        counts = counts or ConnectionCounts(process_index + 1)
        self._admission = Admission(counts, process_index, limits)
        self._failed_connects = FailedConnects(time.monotonic)
        self._loop = gevent.get_hub().loop
        self._sweeper = self._loop.timer(limits.sweep_interval, limits.sweep_interval)

    def start(self) -> None:
        """Begin to watch the connections' deadlines."""
        self._sweeper.start(self._sweep)

    def close(self) -> None:
        """Close all connections at once."""
        self._sweeper.stop()
        self._sweeper.close()
        for connection in list(self._by_id.values()):
            connection.close(ConnectionAbortedError("we are stopping"))

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._by_id.values()))

    # Coming in

    def accept(self, sock: socket.socket, address: SocketAddress, listener: Listener) -> None:
        """Take over a connection that `listener` accepted, or close it when there are too many."""
        host = address[0]
        if len(address) == 4 and address[3]:
            host = f"{host}%{address[3]}"
        if not self._admit(host):
            sock.close()
            return
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            hop = Hop(listener.transport, host, address[1], listener, self._next_id())
            connection = self._add(sock, hop, accepted=True)
        except BaseException:
            self._admission.leave()
            self._admission.leave_from(host)
            raise
        self._counters.tcp_accepted.add()
        self.opened(connection)

    def _admit(self, source: str) -> bool:
        """Count one more connection from `source`, or refuse it."""
        if not self._admission.enter_from(source):
            self._counters.tcp_refused_source.add()
            log.limited("tcp-source", log.WARNING, "too many connections from %s: no more", source)
            return False
        if self._enter(self._admission.share_of(source)):
            return True
        self._admission.leave_from(source)
        self._counters.tcp_refused_total.add()
        log.limited("tcp-total", log.WARNING, "too many connections are open: no more")
        return False

    def _enter(self, share: int) -> bool:
        """Count one more, for somebody who will hold `share` of them; False: there is no room."""
        if self._admission.enter():
            return True
        source = self._admission.who_makes_room(share)
        if source is None:
            return False
        held = (x for x in self._by_id.values() if x.accepted and x.hop.host == source)
        idlest = min(held, key=_active_at)
        self._counters.tcp_evicted.add()
        log.limited("tcp-evicted", log.NOTICE, "%s makes room for another connection", idlest)
        idlest.close(ConnectionAbortedError("others need its place"))
        return self._admission.enter()

    def _next_id(self) -> int:
        self._serial = (self._serial + 1) & SERIAL_MASK
        return self._process_index << SERIAL_BITS | self._serial

    def _add(self, sock: socket.socket, hop: Hop, *, accepted: bool) -> Connection:
        made = Connection(sock, hop, self, self._counters, self._limits, accepted=accepted)
        self._by_id[hop.connection] = made
        self._by_peer[hop.transport, hop.host, hop.port] = made
        return made

    def find(self, connection_id: int) -> Connection | None:
        """The connection with that number, if this process holds it."""
        return self._by_id.get(connection_id)

    def add_alias(self, connection_id: int, port: int) -> bool:
        """Let requests to `port` of the same peer use this connection (RFC 5923).

        False when the connection is gone, has too many aliases, or the port leads to another one:
        nobody can draw another's requests to himself.
        """
        connection = self._by_id.get(connection_id)
        if connection is None or not connection.is_usable or not 0 < port < 65536:
            return False
        peer = (connection.hop.transport, connection.hop.host, port)
        known = self._by_peer.get(peer)
        if known is not None:
            return known is connection
        if len(connection.aliases) >= self._limits.aliases_per_connection:
            return False
        connection.aliases.append(port)
        self._by_peer[peer] = connection
        self._told(self._on_open, connection.hop._replace(port=port))
        return True

    # Connections of other processes

    def learn(self, hop: Hop) -> None:
        """Another process holds a connection to this peer, `hop.connection`."""
        if process_of(hop.connection) != self._process_index:
            self._elsewhere[hop.transport, hop.host, hop.port] = hop.connection

    def tell_all(self, listener: OnConnection) -> None:
        """Tell `listener` of every open connection, for a process that has just begun."""
        for connection in self:
            if connection.is_usable and not connection.is_connecting:
                for port in (connection.hop.port, *connection.aliases):
                    self._told(listener, connection.hop._replace(port=port))

    def forget(self, hop: Hop) -> None:
        """Another process has closed that connection."""
        peer = (hop.transport, hop.host, hop.port)
        if self._elsewhere.get(peer) == hop.connection:
            del self._elsewhere[peer]

    def forget_process(self, process_index: int) -> None:
        """That process has ended, and its connections with it."""
        self._elsewhere = {
            peer: number
            for peer, number in self._elsewhere.items()
            if process_of(number) != process_index
        }

    # Going out

    def send(
        self, data: bytes, hop: Hop, on_error: OnError | None = None, fallback: Hop | None = None
    ) -> bool:
        """Send on the connection that `hop` names, else on any to its host and port, else on a new
        one. Once that named connection is gone, `fallback` takes the place of `hop`: for a
        response the address of §18.2.2.

        False when it failed at once; then `on_error` isn't called. It is called once, later and in
        the hub, when a message that was taken could not be written whole. A message handed to
        another process is out of our hands.
        """
        number = hop.connection
        if number:
            if number >> SERIAL_BITS != self._process_index:
                return self._send_elsewhere(data, hop, fallback)
            connection = self._by_id.get(number)
            # The host is compared so that a number that somebody made up can't leak a message.
            if connection is not None and connection.hop.host == hop.host:
                if connection.write(Pending(data, hop, on_error, fallback)):
                    self._counters.tcp_sent.add()
                    return True
                if connection.is_usable:  # its queue is full
                    return self._not_sent(hop, BlockingIOError(errno.EAGAIN, "its queue is full"))
            if fallback is not None:
                return self._send_to_peer(Pending(data, fallback, on_error))
        return self._send_to_peer(Pending(data, hop, on_error))

    def _send_to_peer(self, pending: Pending) -> bool:
        hop = pending.hop
        peer = (hop.transport, hop.host, hop.port)
        connection = self._by_peer.get(peer)
        if connection is None and peer in self._elsewhere:
            there = hop._replace(connection=self._elsewhere[peer])
            return self._send_elsewhere(pending.data, there, None)
        try:
            if connection is None or not connection.is_usable:
                connection = self._connect(hop)
            taken = connection.write(pending)
            if not taken and not connection.is_usable:
                # A connection that we used again, and the peer had closed it meanwhile.
                connection = self._connect(hop)
                taken = connection.write(pending)
        except OSError as error:
            return self._not_sent(hop, error)
        if not taken:
            return self._not_sent(hop, BlockingIOError(errno.EAGAIN, "its queue is full"))
        self._counters.tcp_sent.add()
        return True

    def failed_lately(self, hop: Hop) -> bool:
        """True when connecting to this peer has failed a short while ago."""
        return self._failed_connects.is_recent(hop)

    def _note_failure(self, hop: Hop) -> None:
        self._counters.tcp_connect_errors.add()
        self._failed_connects.note(hop)

    def _not_sent(self, hop: Hop, error: OSError) -> bool:
        if isinstance(error, DestinationRefused):
            self._counters.destinations_refused.add()
        else:
            self._counters.tcp_send_errors.add()
        log.limited("tcp-send", log.NOTICE, "cannot send to %s: %s", _shown(hop), error)
        return False

    def _connect(self, hop: Hop) -> Connection:
        """Begin to connect; OSError when that fails at once."""
        if hop.transport != "tcp":  # what was meant to be secure must not leave in the clear
            raise OSError(errno.EPROTONOSUPPORT, f"no connections over {hop.transport}")
        address = self._destinations.address(hop.host, hop.port)
        if not self._enter(OUR_SHARE):
            raise OSError(errno.EMFILE, "too many connections are open")
        try:
            return self._begin_to_connect(hop, address)
        except BaseException:
            self._admission.leave()
            raise

    def _begin_to_connect(self, hop: Hop, address: SocketAddress) -> Connection:
        sock = socket.socket(family_of(hop.host), socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _bind(sock, hop.listener)
            number = sock.connect_ex(address)
            if number not in (0, errno.EINPROGRESS):
                raise OSError(number, os.strerror(number))
            return self._add(sock, hop._replace(connection=self._next_id()), accepted=False)
        except OSError:
            self._note_failure(hop)
            sock.close()
            raise

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in list(self._by_id.values()):
            try:
                connection.check_deadlines(now)
            except Exception as error:  # noqa: BLE001  # the guard of one connection's deadlines
                self.guard(f"deadlines of {connection}", error)

    # What connections tell (connection.Owner)

    def deliver(self, data: bytes, connection: Connection) -> None:
        """Hand a message on."""
        self._counters.tcp_received.add()
        try:
            self._on_message(data, connection.hop)
        except Exception as error:  # noqa: BLE001  # the guard of one message
            self.guard(f"a message from {connection}", error)

    def framing_failed(self, connection: Connection, error: ParseError, head: bytes) -> None:
        """Give the chance to answer."""
        log.limited("tcp-framing", log.NOTICE, "%s isn't SIP: %s", connection, error.reason)
        try:
            self._on_framing_error(error, connection.hop, head)
        except Exception as stopped:  # noqa: BLE001  # the guard of one message
            self.guard(f"answering {connection}", stopped)

    def guard(self, doing: str, error: Exception) -> None:
        """Count and log an exception that must not go further."""
        self._counters.guard_exceptions.add()
        self._on_exception(doing, error)

    def opened(self, connection: Connection) -> None:
        """Tell that messages to this peer can use the connection."""
        if not connection.accepted:
            self._counters.tcp_opened.add()
            self._failed_connects.forget(connection.hop)
        self._told(self._on_open, connection.hop)

    def _told(self, listener: OnConnection, hop: Hop) -> None:
        try:
            listener(hop)
        except Exception as error:  # noqa: BLE001  # the guard of one connection's news
            self.guard(f"news of {_shown(hop)}", error)

    def closed(self, connection: Connection, error: OSError | None, unsent: list[Pending]) -> None:
        """Take a connection out of the table, and see to what it did not send."""
        hop = connection.hop
        self._by_id.pop(hop.connection, None)
        for port in (hop.port, *connection.aliases):
            peer = (hop.transport, hop.host, port)
            if self._by_peer.get(peer) is connection:
                del self._by_peer[peer]
                self._told(self._on_close, hop._replace(port=port))
        self._admission.leave()
        if connection.accepted:
            self._admission.leave_from(hop.host)
        self._counters.tcp_closed.add()
        if connection.never_opened:
            self._note_failure(hop)
        if error is not None:
            log.debug("connection to %s closed: %s", connection, error)
        reason = error or ConnectionResetError(errno.ECONNRESET, "the peer closed the connection")
        for pending in unsent:
            # Not from in here: the caller may be in the middle of a message that led to this.
            self._loop.run_callback(self._failed, pending, reason)

    def _failed(self, pending: Pending, error: OSError) -> None:
        """A message that was taken has not been sent."""
        try:
            if pending.fallback is not None and self._send_to_peer(
                Pending(pending.data, pending.fallback, pending.on_error)
            ):
                return
            self._not_sent(pending.hop, error)
            if pending.on_error is not None:
                pending.on_error(pending.hop, error)
        except Exception as stopped:  # noqa: BLE001  # the guard of one message
            self.guard(f"a failed message to {_shown(pending.hop)}", stopped)


def _bind(sock: socket.socket, listener: Listener) -> None:
    """Leave by the address of the listener that our Via names."""
    if listener.host in ("0.0.0.0", "::") or family_of(listener.host) is not sock.family:
        return
    sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    sock.bind((listener.host, 0))


def _active_at(connection: Connection) -> float:
    return connection.active_at


def _shown(hop: Hop) -> str:
    return f"{hop.transport}:{hop.host}:{hop.port}"

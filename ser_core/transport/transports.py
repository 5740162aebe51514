"""All sockets of one process behind one `send`.

`Transports.open` takes the sockets that were bound before the fork; what comes in goes to
`on_message` in the hub, what goes out finds its socket by the hop's transport and listener.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable

from ser_core import log
from ser_core.sip.hop import Hop, Listener
from ser_core.transport.connection import OnError
from ser_core.transport.connection_counts import ConnectionCounts
from ser_core.transport.connections import (
    Connections,
    OnConnection,
    OnFramingError,
    SendElsewhere,
    nobody,
    nowhere,
)
from ser_core.transport.counters import TransportCounters
from ser_core.transport.limits import DEFAULT_LIMITS, Limits
from ser_core.transport.tcp import TcpListener
from ser_core.transport.udp import OnException, OnMessage, UdpListener


class Transports:
    """What this process receives on and sends by."""

    __slots__ = ("_listeners", "_udp", "connections", "counters", "tcp_listeners", "udp_listeners")

    def __init__(
        self,
        udp_listeners: list[UdpListener],
        tcp_listeners: list[TcpListener],
        connections: Connections,
        counters: TransportCounters,
    ) -> None:
        self.udp_listeners = udp_listeners
        self.tcp_listeners = tcp_listeners
        self.connections = connections
        self.counters = counters
        self._listeners: list[UdpListener | TcpListener] = [*udp_listeners, *tcp_listeners]
        self._udp = {each.listener.index: each for each in udp_listeners}

    @classmethod
    def open(
        cls,
        sockets: Iterable[tuple[Listener, socket.socket]],
        on_message: OnMessage,
        on_framing_error: OnFramingError,
        on_exception: OnException,
        *,
        process_index: int = 0,
        counters: TransportCounters | None = None,
        limits: Limits = DEFAULT_LIMITS,
        send_elsewhere: SendElsewhere = nowhere,
        on_open: OnConnection = nobody,
        on_close: OnConnection = nobody,
        counts: ConnectionCounts | None = None,
    ) -> Transports:
        """Take over bound (UDP) and listening (TCP) sockets. Nothing is read before `start`.

        Needs the hub of the process that will use it: call it after the fork.
        """
        counters = counters or TransportCounters()
        connections = Connections(
            process_index,
            on_message,
            on_framing_error,
            on_exception,
            counters,
            limits,
            send_elsewhere,
            on_open,
            on_close,
            counts,
        )
        udp: list[UdpListener] = []
        tcp: list[TcpListener] = []
        for listener, sock in sockets:
            if listener.transport == "udp":
                udp.append(UdpListener(sock, listener, on_message, on_exception, counters, limits))
            else:
                tcp.append(TcpListener(sock, listener, connections, counters, limits))
        return cls(udp, tcp, connections, counters)

    def start(self) -> None:
        """Begin to receive."""
        self.connections.start()
        for each in self._listeners:
            each.start()

    def stop(self) -> None:
        """Take in nothing new; connections and sending go on."""
        for each in self._listeners:
            each.stop()

    def close(self) -> None:
        """Close every socket and connection."""
        for each in self._listeners:
            each.close()
        self.connections.close()

    def send(
        self, data: bytes, hop: Hop, on_error: OnError | None = None, fallback: Hop | None = None
    ) -> bool:
        """Send one message.

        UDP goes out at once. On a stream it is queued on the connection that `hop` names, else on
        one to its host and port, opened when there is none; `fallback` is where to try when the
        named connection is gone (a response: RFC 3261 §18.2.2).

        False: it failed at once, and `on_error` isn't called. Later failures, on streams, call
        `on_error(hop, error)` once, in the hub.
        """
        if hop.transport != "udp":
            return self.connections.send(data, hop, on_error, fallback)
        udp = self._udp.get(hop.listener.index)
        if udp is None:
            log.limited("udp-listener", log.ERROR, "%s: no such UDP socket here", hop.listener)
            self.counters.udp_send_errors.add()
            return False
        try:
            udp.send(data, hop.host, hop.port)
        except OSError as error:
            log.limited(
                "udp-send", log.NOTICE, "cannot send to udp:%s:%d: %s", hop.host, hop.port, error
            )
            return False
        return True

    def add_alias(self, source: Hop, port: int) -> bool:
        """Let requests to another port of `source` use its connection (tcp_accept_aliases)."""
        return self.connections.add_alias(source.connection, port)

"""A process's TCP, as the tests of connections, tables and listeners need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ser_core.sip.hop import Hop, Listener
from ser_core.transport.connection_counts import ConnectionCounts
from ser_core.transport.connections import Connections
from ser_core.transport.counters import TransportCounters
from ser_core.transport.limits import Limits
from ser_core.transport.tcp import TcpListener
from tests.support.network import Peer, Recorder, listener_of, listening_socket, wait_for


class Tcp:
    """A listener with its table, and peers that connect to it."""

    def __init__(
        self,
        limits: Limits | None = None,
        process_index: int = 0,
        host: str = "127.0.0.1",
        counts: ConnectionCounts | None = None,
    ) -> None:
        limits = limits or Limits(sweep_interval=0.005, queue_bytes=1 << 24)
        self.recorder = Recorder()
        self.counters = TransportCounters()
        self.elsewhere: list[tuple[bytes, Hop]] = []
        self.fallbacks: list[Hop | None] = []
        self.sock = listening_socket(host)
        self.listener: Listener = listener_of(self.sock)
        self.address: tuple[str, int] = self.sock.getsockname()[:2]
        self.connections = Connections(
            process_index,
            self.recorder.on_message,
            self.recorder.on_framing_error,
            self.recorder.on_exception,
            self.counters,
            limits,
            self._send_elsewhere,
            self.recorder.opened.append,
            self.recorder.closed.append,
            counts,
        )
        self.tcp = TcpListener(self.sock, self.listener, self.connections, self.counters, limits)
        self.connections.start()
        self.tcp.start()
        self.peers: list[Peer] = []

    def _send_elsewhere(self, data: bytes, hop: Hop, fallback: Hop | None) -> bool:
        self.elsewhere.append((data, hop))
        self.fallbacks.append(fallback)
        return True

    def connect(self, source: str = "") -> Peer:
        """A peer whose connection has been accepted or refused."""
        seen = self.counters.tcp_accepted.value
        refused = self.counters.tcp_refused_total.value + self.counters.tcp_refused_source.value
        peer = Peer.connect(self.address, source)
        self.peers.append(peer)
        wait_for(
            lambda: (
                self.counters.tcp_accepted.value > seen
                or self.counters.tcp_refused_total.value + self.counters.tcp_refused_source.value
                > refused
            ),
            "an accept",
        )
        return peer

    def wait_for_messages(self, count: int) -> list[bytes]:
        wait_for(lambda: len(self.recorder.messages) >= count, f"{count} messages")
        return self.recorder.data

    def hop_of(self, peer: Peer) -> Hop:
        """The peer as messages from it show it."""
        return next(each.hop for each in self.connections if each.hop.port == peer.port)

    def hop_to(self, address: tuple[str, int]) -> Hop:
        return Hop("tcp", address[0], address[1], self.listener)

    def close(self) -> None:
        self.tcp.close()
        self.connections.close()
        for peer in self.peers:
            peer.close()


@pytest.fixture
def make_tcp() -> Iterator[Callable[..., Tcp]]:
    made: list[Tcp] = []

    def make(
        limits: Limits | None = None,
        process_index: int = 0,
        host: str = "127.0.0.1",
        counts: ConnectionCounts | None = None,
    ) -> Tcp:
        made.append(Tcp(limits, process_index, host, counts))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def tcp(make_tcp: Callable[..., Tcp]) -> Tcp:
    return make_tcp()

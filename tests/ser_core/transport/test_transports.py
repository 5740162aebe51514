from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from ser_core.sip.hop import Hop, Listener
from ser_core.transport.transports import Transports
from tests.support.network import (
    Peer,
    Recorder,
    datagram_socket,
    listener_of,
    listening_socket,
    message,
    turn_hub,
    wait_for,
)


class World:
    """Two UDP sockets and a TCP one behind one facade."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        sockets = [datagram_socket(), datagram_socket("::1"), listening_socket()]
        self.listeners = [listener_of(sock, index) for index, sock in enumerate(sockets)]
        self.transports = Transports.open(
            zip(self.listeners, sockets, strict=True),
            self.recorder.on_message,
            self.recorder.on_framing_error,
            self.recorder.on_exception,
        )
        self.transports.start()

    def wait_for_messages(self, count: int) -> None:
        wait_for(lambda: len(self.recorder.messages) >= count)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.transports.close()


def test_whatever_comes_in_can_be_answered_by_its_hop(world: World) -> None:
    peers: list[socket.socket] = []
    for listener in world.listeners:
        family = socket.AF_INET6 if listener.family == 6 else socket.AF_INET
        kind = socket.SOCK_DGRAM if listener.transport == "udp" else socket.SOCK_STREAM
        peer = socket.socket(family, kind)
        peer.connect((listener.host, listener.port))
        peer.send(message())
        peer.setblocking(False)
        peers.append(peer)
    world.wait_for_messages(3)
    for data, hop in world.recorder.messages:
        assert data == message()
        assert world.transports.send(b"to " + str(hop.listener.index).encode(), hop)
    turn_hub(3)
    for index, peer in enumerate(peers):
        assert peer.recv(100) == f"to {index}".encode()
        peer.close()


def test_udp_leaves_by_the_listener_that_the_hop_names(world: World) -> None:
    with datagram_socket() as peer:
        host, port = peer.getsockname()
        hop = Hop("udp", host, port, world.listeners[0])
        assert world.transports.send(b"x", hop)
        turn_hub(1)
        assert peer.recvfrom(10)[1] == (world.listeners[0].host, world.listeners[0].port)


def test_a_listener_without_socket_here_is_a_failure(world: World) -> None:
    stranger = Listener("udp", "127.0.0.1", 1, index=99)
    assert not world.transports.send(b"x", Hop("udp", "127.0.0.1", 9, stranger))


@pytest.mark.parametrize(
    ("host", "port"), [("224.0.1.75", 5060), ("127.0.0.1", 0), ("::1", 5060), ("no.address", 5060)]
)
def test_what_udp_can_not_send_is_a_failure_at_once(world: World, host: str, port: int) -> None:
    hop = Hop("udp", host, port, world.listeners[0])
    assert not world.transports.send(b"x", hop, world.recorder.on_error)
    turn_hub(3)
    assert not world.recorder.errors


def test_tcp_failures_come_by_the_callback(world: World) -> None:
    with listening_socket() as gone:
        host, port = gone.getsockname()
    hop = Hop("tcp", host, port, world.listeners[2])
    if world.transports.send(b"x", hop, world.recorder.on_error):
        wait_for(lambda: world.recorder.errors)


def test_a_stopped_facade_takes_in_nothing_new_but_still_sends(world: World) -> None:
    peer = Peer.connect((world.listeners[2].host, world.listeners[2].port))
    peer.send(message("ONE"))
    world.wait_for_messages(1)
    world.transports.stop()
    with datagram_socket() as late:
        late.sendto(message(), (world.listeners[0].host, world.listeners[0].port))
        turn_hub()
    assert len(world.recorder.messages) == 1
    assert world.transports.send(b"response", world.recorder.messages[0][1])
    peer.wait_for_data(8)
    peer.close()


def test_an_alias_leads_to_the_connection(world: World) -> None:
    peer = Peer.connect((world.listeners[2].host, world.listeners[2].port))
    peer.send(message())
    world.wait_for_messages(1)
    hop = world.recorder.messages[0][1]
    assert world.transports.add_alias(hop, 5060)
    assert world.transports.send(b"x", Hop("tcp", "127.0.0.1", 5060, world.listeners[2]))
    assert peer.wait_for_data(1) == b"x"
    peer.close()


def test_all_counters_are_in_one_place(world: World) -> None:
    names = [counter.name for counter in world.transports.counters.all]
    assert len(set(names)) == len(names) > 20

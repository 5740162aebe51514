"""Binding: a socket per receiver, never one that another program has already."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest

from ser_core.server import sockets
from ser_core.server.addresses import AddressError
from ser_core.server.sockets import BoundSocket, bind_all, close_all, probe, without_tentative
from ser_core.sip.hop import Listener
from tests.support.ports import free_port

BUFFER = 262144


@pytest.fixture
def listeners() -> list[Listener]:
    port = free_port()
    return [Listener("udp", "127.0.0.1", port), Listener("tcp", "127.0.0.1", port, index=1)]


@pytest.fixture
def bound(listeners: list[Listener]) -> Iterator[list[list[BoundSocket]]]:
    made = bind_all(listeners, 3, BUFFER)
    yield made
    close_all(made)


def test_each_receiver_has_a_socket_for_each_listener(
    listeners: list[Listener], bound: list[list[BoundSocket]]
) -> None:
    assert len(bound) == 3
    for mine in bound:
        assert [x.listener for x in mine] == listeners
        assert {x.socket.getsockname() for x in mine} == {("127.0.0.1", listeners[0].port)}
        assert not any(x.socket.getblocking() for x in mine)


def test_the_receive_buffer_is_raised(bound: list[list[BoundSocket]]) -> None:
    size = bound[0][0].socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    assert size >= BUFFER


@pytest.mark.parametrize("option", [None, socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_an_address_that_another_program_has_is_in_use(
    listeners: list[Listener], option: int | None
) -> None:
    """Also when it would share the port by SO_REUSEPORT, as another ser would."""
    for listener in listeners:
        kind = socket.SOCK_DGRAM if listener.transport == "udp" else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as other:
            if option is not None:
                other.setsockopt(socket.SOL_SOCKET, option, 1)
            other.bind((listener.host, listener.port))
            if kind == socket.SOCK_STREAM:
                other.listen()
            with pytest.raises(AddressError) as caught:
                bind_all(listeners, 2, BUFFER)
            assert str(caught.value) == f"cannot bind {listener!r}: Address already in use"


def test_nothing_stays_bound_after_a_failure(
    listeners: list[Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    bind = sockets.bind

    def fail_for_tcp(listener: Listener, receive_buffer: int) -> BoundSocket:
        if listener.transport == "tcp":
            raise AddressError("no")
        return bind(listener, receive_buffer)

    monkeypatch.setattr(sockets, "bind", fail_for_tcp)
    with pytest.raises(AddressError):
        bind_all(listeners, 2, BUFFER)
    probe(listeners[0])


def test_a_port_whose_connections_linger_can_be_bound_again(listeners: list[Listener]) -> None:
    made = bind_all(listeners[1:], 1, BUFFER)
    server = made[0][0].socket
    with socket.create_connection(server.getsockname()):
        server.setblocking(True)
        server.accept()[0].close()  # we close first, so TIME_WAIT is on our side
    close_all(made)
    close_all(bind_all(listeners[1:], 1, BUFFER))


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(AddressError, match=r"udp:192.0.2.77:5060: Cannot assign requested address"):
        bind_all([Listener("udp", "192.0.2.77", 5060)], 1, BUFFER)


def test_ipv4_and_ipv6_wildcards_do_not_meet() -> None:
    port = free_port()
    both = [Listener("udp", "::", port), Listener("udp", "0.0.0.0", port)]
    close_all(bind_all(both, 2, BUFFER))


def test_an_address_that_is_not_usable_yet_is_left_out_only_for_that_reason(
    listeners: list[Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(listener: Listener, number: int) -> None:
        error = AddressError("refused")
        error.__cause__ = OSError(number, "x")
        raise error

    udp, tcp = listeners
    monkeypatch.setattr(
        sockets, "probe", lambda x: refuse(x, errno.EADDRNOTAVAIL) if x is udp else None
    )
    assert without_tentative(listeners) == [tcp]
    monkeypatch.setattr(sockets, "probe", lambda x: refuse(x, errno.EADDRINUSE))
    with pytest.raises(AddressError):
        without_tentative(listeners)

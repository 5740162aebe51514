"""Which connection a message takes, and what becomes of it when there is none."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import gevent
import pytest

from ser_core.sip.hop import Hop, Listener
from ser_core.transport.connection_counts import ConnectionCounts
from ser_core.transport.connections import SERIAL_BITS, process_of
from ser_core.transport.limits import Limits
from tests.support.network import Peer, listening_socket, message, turn_hub, wait_for

Make = Callable[..., Any]  # Any: the fixture's class lives in conftest.py
QUICK = 0.005


class Server:
    """Somebody that we connect to."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.sock = listening_socket(host)
        self.address: tuple[str, int] = self.sock.getsockname()[:2]
        self.peers: list[Peer] = []

    def accept(self) -> Peer:
        def accepted() -> Peer | None:
            try:
                return Peer(self.sock.accept()[0])
            except BlockingIOError:
                return None

        peer = wait_for(accepted, "a connection")
        self.peers.append(peer)
        return peer  # type: ignore[no-any-return]  # wait_for gives what accepted gave

    def close(self) -> None:
        self.sock.close()
        for peer in self.peers:
            peer.close()


@pytest.fixture
def server() -> Any:
    made = Server()
    yield made
    made.close()


def closed_port() -> tuple[str, int]:
    """An address where nobody listens; bound, so that nobody begins to."""
    with listening_socket() as sock:
        address: tuple[str, int] = sock.getsockname()
    return address


def test_a_response_takes_the_connection_of_its_request(tcp: Any) -> None:
    peer = tcp.connect()
    peer.send(message())
    tcp.wait_for_messages(1)
    assert tcp.connections.send(b"response", tcp.recorder.messages[0][1])
    assert peer.wait_for_data(8) == b"response"
    assert tcp.counters.tcp_sent.value == 1


def test_a_request_opens_a_connection_and_the_next_one_uses_it(tcp: Any, server: Server) -> None:
    hop = tcp.hop_to(server.address)
    assert tcp.connections.send(b"one ", hop)
    assert tcp.connections.send(b"two ", hop)  # while it is being connected
    peer = server.accept()
    peer.wait_for_data(8)
    assert tcp.connections.send(b"three", hop)
    assert peer.wait_for_data(13) == b"one two three"
    assert len(tcp.connections) == 1
    assert tcp.counters.tcp_opened.value == 1


def test_what_comes_back_on_our_connection_is_read(tcp: Any, server: Server) -> None:
    tcp.connections.send(b"request", tcp.hop_to(server.address))
    peer = server.accept()
    peer.send(message())
    tcp.wait_for_messages(1)
    hop = tcp.recorder.messages[0][1]
    assert (hop.host, hop.port) == server.address
    assert hop.connection


def test_a_request_to_a_peer_that_connected_takes_its_connection(tcp: Any) -> None:
    peer = tcp.connect()
    assert tcp.connections.send(b"request", tcp.hop_to(("127.0.0.1", peer.port)))
    assert peer.wait_for_data(7) == b"request"
    assert len(tcp.connections) == 1


def test_we_leave_by_the_address_of_the_listener(tcp: Any, server: Server) -> None:
    listener = Listener("tcp", "127.0.0.5", 5060)
    assert tcp.connections.send(b"x", Hop("tcp", *server.address, listener))
    assert server.accept().sock.getpeername()[0] == "127.0.0.5"


def test_a_listener_on_any_address_leaves_the_choice_to_the_kernel(
    tcp: Any, server: Server
) -> None:
    listener = Listener("tcp", "0.0.0.0", 5060)
    assert tcp.connections.send(b"x", Hop("tcp", *server.address, listener))
    assert server.accept().sock.getpeername()[0] == "127.0.0.1"


def test_ipv6_connects_too(make_tcp: Make) -> None:
    tcp = make_tcp(host="::1")
    server = Server("::1")
    assert tcp.connections.send(b"x", tcp.hop_to(server.address))
    assert server.accept().wait_for_data(1) == b"x"
    peer = tcp.connect()
    peer.send(message())
    tcp.wait_for_messages(1)
    assert tcp.recorder.messages[0][1].host == "::1"
    server.close()


def test_a_refused_connect_is_told_once_for_each_message(tcp: Any) -> None:
    hop = tcp.hop_to(closed_port())
    taken = [tcp.connections.send(b"x", hop, tcp.recorder.on_error) for _ in range(3)]
    wait_for(lambda: len(tcp.recorder.errors) == taken.count(True))
    turn_hub()
    assert len(tcp.recorder.errors) == taken.count(True)
    for failed, error in tcp.recorder.errors:
        assert failed == hop
        assert isinstance(error, ConnectionRefusedError)
    assert len(tcp.connections) == 0
    assert tcp.counters.tcp_connect_errors.value >= 1


def test_a_failed_connect_is_remembered_until_one_succeeds(tcp: Any) -> None:
    hop = tcp.hop_to(closed_port())
    assert not tcp.connections.failed_lately(hop)
    if tcp.connections.send(b"x", hop, tcp.recorder.on_error):
        wait_for(lambda: tcp.recorder.errors)
    assert tcp.connections.failed_lately(hop)
    with socket.create_server((hop.host, hop.port)) as there:
        assert tcp.connections.send(b"x", hop)
        wait_for(lambda: tcp.counters.tcp_opened.value)
        assert not tcp.connections.failed_lately(hop)
        there.accept()[0].close()


def test_errors_are_told_from_the_hub_never_from_within_send(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(queue_bytes=1 << 30, sweep_interval=QUICK))
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    tcp.connections.send(bytes(6_000_000), hop, tcp.recorder.on_error)
    connection = tcp.connections.find(hop.connection)
    connection.close(OSError("gone"))
    assert not tcp.recorder.errors
    wait_for(lambda: tcp.recorder.errors)


def test_an_exception_in_on_error_is_stopped(tcp: Any) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("on_error")

    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    tcp.connections.send(bytes(6_000_000), hop, fail)
    tcp.connections.send(b"x", hop, tcp.recorder.on_error)
    tcp.connections.find(hop.connection).close(OSError("gone"))
    wait_for(lambda: tcp.recorder.errors)
    assert [str(error) for _, error in tcp.recorder.exceptions] == ["on_error"]


def test_a_connect_that_hangs_is_given_up(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(connect_timeout=0.03, sweep_interval=QUICK))
    full = listening_socket(backlog=0)
    fillers = []
    for _ in range(3):  # a backlog of 0 takes one; SYNs of the others are dropped
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
        fillers.append(filler)
    turn_hub(5)
    assert tcp.connections.send(b"x", tcp.hop_to(full.getsockname()), tcp.recorder.on_error)
    wait_for(lambda: tcp.recorder.errors)
    assert isinstance(tcp.recorder.errors[0][1], TimeoutError)
    for sock in (full, *fillers):
        sock.close()


def test_a_connection_that_the_peer_closed_is_opened_anew(tcp: Any, server: Server) -> None:
    hop = tcp.hop_to(server.address)
    tcp.connections.send(b"one", hop)
    first = server.accept()
    first.wait_for_data(3)
    first.close()
    wait_for(lambda: len(tcp.connections) == 0)
    assert tcp.connections.send(b"two", hop)
    assert server.accept().wait_for_data(3) == b"two"


def test_a_write_that_meets_a_reset_goes_by_a_new_connection(tcp: Any, server: Server) -> None:
    hop = tcp.hop_to(server.address)
    tcp.connections.send(b"one", hop)
    first = server.accept()
    first.wait_for_data(3)
    first.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    first.close()  # reset, which we have not read when we write again
    assert tcp.connections.send(b"two", hop, tcp.recorder.on_error)
    assert server.accept().wait_for_data(3) == b"two"
    assert not tcp.recorder.errors


# Fallback (RFC 3261 §18.2.2)


def test_a_response_whose_connection_is_gone_goes_to_the_fallback(tcp: Any, server: Server) -> None:
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    peer.close()
    wait_for(lambda: len(tcp.connections) == 0)
    assert tcp.connections.send(b"response", hop, None, tcp.hop_to(server.address))
    assert server.accept().wait_for_data(8) == b"response"


def test_a_response_that_waits_on_a_connection_that_breaks_goes_to_the_fallback(
    tcp: Any, server: Server
) -> None:
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    tcp.connections.send(bytes(6_000_000), hop)
    tcp.connections.send(
        b"response", hop, tcp.recorder.on_error, fallback=tcp.hop_to(server.address)
    )
    peer.close()
    assert server.accept().wait_for_data(8) == b"response"
    assert not tcp.recorder.errors


def test_a_fallback_that_fails_too_is_told(tcp: Any) -> None:
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    tcp.connections.send(bytes(6_000_000), hop)
    fallback = tcp.hop_to(closed_port())
    tcp.connections.send(b"response", hop, tcp.recorder.on_error, fallback)
    peer.close()
    wait_for(lambda: tcp.recorder.errors)
    turn_hub()
    assert len(tcp.recorder.errors) == 1


def test_without_fallback_the_old_address_is_tried(tcp: Any) -> None:
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    peer.close()
    wait_for(lambda: len(tcp.connections) == 0)
    if tcp.connections.send(b"response", hop, tcp.recorder.on_error):
        wait_for(lambda: tcp.recorder.errors)
    assert tcp.counters.tcp_connect_errors.value == 1


def test_a_number_that_belongs_to_another_host_is_not_believed(tcp: Any, server: Server) -> None:
    peer = tcp.connect()
    forged = tcp.hop_of(peer)._replace(host="127.0.0.9", port=server.address[1])
    tcp.connections.send(b"secret", forged, None, tcp.hop_to(server.address))
    assert server.accept().wait_for_data(6) == b"secret"
    assert peer.read() == b""


# Destinations and limits


@pytest.mark.parametrize("host", ["0.0.0.0", "224.0.0.1", "::", "255.255.255.255"])
def test_nothing_is_connected_to_silly_places(tcp: Any, host: str) -> None:
    assert not tcp.connections.send(b"x", tcp.hop_to((host, 5060)), tcp.recorder.on_error)
    assert tcp.counters.destinations_refused.value == 1
    turn_hub(3)
    assert not tcp.recorder.errors


def test_an_unreachable_network_is_a_failure_at_once(tcp: Any) -> None:
    # From a loopback address nothing leads to the outside.
    assert not tcp.connections.send(b"x", tcp.hop_to(("192.0.2.1", 5060)), tcp.recorder.on_error)
    assert tcp.counters.tcp_connect_errors.value == 1
    assert tcp.counters.tcp_send_errors.value == 1


def test_the_limit_on_connections_holds_for_ours_too(make_tcp: Make, server: Server) -> None:
    tcp = make_tcp(Limits(max_connections=1))
    tcp.connect()
    assert not tcp.connections.send(b"x", tcp.hop_to(server.address))


def test_connections_beyond_the_limit_are_refused(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(max_connections=3))
    peers = [tcp.connect() for _ in range(5)]
    for peer in peers[3:]:
        peer.wait_for_end()
    assert len(tcp.connections) == 3
    assert tcp.counters.tcp_refused_total.value == 2


def test_the_33rd_connection_of_one_source_is_refused_and_others_are_not(tcp: Any) -> None:
    peers = [tcp.connect("127.0.0.3") for _ in range(33)]
    assert peers[32].wait_for_end() == b""
    assert tcp.counters.tcp_refused_source.value == 1
    other = tcp.connect("127.0.0.4")
    other.send(message())
    tcp.wait_for_messages(1)
    peers[0].close()
    wait_for(lambda: len(tcp.connections) == 32)
    tcp.connect("127.0.0.3").send(message())
    tcp.wait_for_messages(2)


def test_limits_hold_for_all_processes_together(make_tcp: Make) -> None:
    counts = ConnectionCounts(2)
    limits = Limits(max_connections=3, max_connections_per_source=2)
    one, other = (make_tcp(limits, index, counts=counts) for index in range(2))
    peers = [each.connect("127.0.0.3") for each in (one, other)]
    other.connect("127.0.0.3").wait_for_end()
    assert other.counters.tcp_refused_source.value == 1
    one.connect("127.0.0.4")
    other.connect("127.0.0.5").wait_for_end()
    assert other.counters.tcp_refused_total.value == 1
    peers[0].close()
    wait_for(lambda: counts.total() == 2)
    other.connect("127.0.0.3").send(message())
    other.wait_for_messages(1)


def test_a_newcomer_takes_the_place_of_the_idlest_of_the_greediest(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(max_connections=4))
    single = tcp.connect("127.0.0.3")
    many = [tcp.connect("127.0.0.4") for _ in range(3)]
    for peer in (many[0], many[2]):
        turn_hub(2)
        peer.send(message())
    tcp.wait_for_messages(2)
    newcomer = tcp.connect("127.0.0.5")
    many[1].wait_for_end()
    assert tcp.counters.tcp_evicted.value == 1
    for peer in (single, many[0], many[2], newcomer):
        peer.send(message())
    tcp.wait_for_messages(6)
    assert len(tcp.connections) == 4


def test_nobody_makes_room_for_one_that_would_hold_as_much(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(max_connections=4))
    peers = [tcp.connect(source) for source in ("127.0.0.3", "127.0.0.4") for _ in range(2)]
    tcp.connect("127.0.0.3").wait_for_end()
    tcp.connect("127.0.0.5")
    tcp.connect("127.0.0.5").wait_for_end()
    assert tcp.counters.tcp_refused_total.value == 2
    assert tcp.counters.tcp_evicted.value == 1
    assert sum(peer.ended for peer in peers if peer.read() is not None) == 1


def test_our_own_connects_get_room_and_never_make_room(make_tcp: Make, server: Server) -> None:
    tcp = make_tcp(Limits(max_connections=3))
    assert tcp.connections.send(b"x", tcp.hop_to(server.address))
    server.accept()
    peers = [tcp.connect("127.0.0.3") for _ in range(2)]
    other = Server()
    assert tcp.connections.send(b"y", tcp.hop_to(other.address))
    assert other.accept().wait_for_data(1) == b"y"
    peers[0].wait_for_end()
    assert not tcp.connections.send(b"z", tcp.hop_to(closed_port()))
    assert tcp.counters.tcp_evicted.value == 1
    other.close()


def test_what_fails_at_once_is_not_counted(make_tcp: Make) -> None:
    counts = ConnectionCounts()
    tcp = make_tcp(counts=counts)
    tcp.connections.send(b"x", tcp.hop_to(("192.0.2.1", 5060)))
    tcp.connections.send(b"x", tcp.hop_to(("224.0.0.1", 5060)))
    assert counts.total() == 0
    tcp.connections._add = fail_to_add
    peer = Peer.connect(tcp.address)
    peer.wait_for_end()
    peer.close()
    assert counts.total() == 0
    assert counts.from_source(counts.cells_of("127.0.0.1")) == 0


def fail_to_add(*_: object, **__: object) -> None:
    raise RuntimeError("no")


def test_nothing_is_left_of_connections_that_have_gone(tcp: Any) -> None:
    for _ in range(3):
        peer = tcp.connect()
        tcp.connections.add_alias(tcp.hop_of(peer).connection, 5060)
        peer.close()
        wait_for(lambda: len(tcp.connections) == 0)
    table = tcp.connections
    assert not table._by_peer
    assert not table._admission.held


# Numbers, other processes


def test_numbers_tell_the_process_and_are_never_used_again(make_tcp: Make) -> None:
    tcp = make_tcp(process_index=5)
    numbers = []
    for _ in range(3):
        peer = tcp.connect()
        numbers.append(tcp.hop_of(peer).connection)
        peer.close()
        wait_for(lambda: len(tcp.connections) == 0)
    assert sorted(set(numbers)) == numbers
    assert {process_of(number) for number in numbers} == {5}


def test_a_message_for_another_process_is_handed_on(tcp: Any) -> None:
    hop = tcp.hop_to(("127.0.0.1", 5999))._replace(connection=(3 << SERIAL_BITS) + 1)
    assert tcp.connections.send(b"x", hop)
    assert tcp.elsewhere == [(b"x", hop)]
    assert tcp.fallbacks == [None]


def test_a_response_for_another_process_is_handed_on_with_its_fallback(tcp: Any) -> None:
    hop = tcp.hop_to(("127.0.0.1", 5999))._replace(connection=(3 << SERIAL_BITS) + 1)
    fallback = tcp.hop_to(("127.0.0.1", 5060))
    assert tcp.connections.send(b"x", hop, None, fallback)
    assert tcp.elsewhere == [(b"x", hop)]
    assert tcp.fallbacks == [fallback]


def test_a_peer_that_another_process_is_connected_to_is_reached_through_it(tcp: Any) -> None:
    number = (3 << SERIAL_BITS) + 1
    plain = tcp.hop_to(("127.0.0.1", 5999))
    theirs = plain._replace(connection=number)
    tcp.connections.learn(theirs)
    assert tcp.connections.send(b"x", plain)
    assert tcp.elsewhere == [(b"x", theirs)]
    tcp.connections.forget(theirs._replace(connection=number + 1))  # an older one
    assert tcp.connections.send(b"y", plain)
    assert len(tcp.elsewhere) == 2
    tcp.connections.forget(theirs)
    tcp.connections.send(b"z", plain)
    assert len(tcp.elsewhere) == 2


def test_a_process_that_ended_takes_its_connections_with_it(tcp: Any) -> None:
    for process in (2, 3):
        hop = tcp.hop_to(("127.0.0.1", 5990 + process))
        tcp.connections.learn(hop._replace(connection=(process << SERIAL_BITS) + 1))
    tcp.connections.forget_process(3)
    assert list(tcp.connections._elsewhere) == [("tcp", "127.0.0.1", 5992)]


def test_own_connections_are_not_learnt_from_others(tcp: Any) -> None:
    tcp.connections.learn(tcp.hop_to(("127.0.0.1", 5999))._replace(connection=1))
    assert not tcp.connections._elsewhere


def test_opened_and_closed_connections_are_told(tcp: Any, server: Server) -> None:
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    tcp.connections.send(b"x", tcp.hop_to(server.address))
    server.accept()
    wait_for(lambda: len(tcp.recorder.opened) == 2)
    assert tcp.recorder.opened[0] == hop
    peer.close()
    wait_for(lambda: tcp.recorder.closed)
    assert tcp.recorder.closed == [hop]


def test_open_connections_can_be_told_of_again(tcp: Any) -> None:
    hop = tcp.hop_of(tcp.connect())
    tcp.connections.add_alias(hop.connection, 5060)
    tcp.recorder.opened.clear()
    told: list[Hop] = []
    tcp.connections.tell_all(told.append)
    assert told == [hop, hop._replace(port=5060)]
    assert not tcp.recorder.opened


def test_what_is_meant_for_tls_never_leaves_in_the_clear(tcp: Any, server: Server) -> None:
    hop = tcp.hop_to(server.address)._replace(transport="tls")
    assert not tcp.connections.send(b"secret", hop)
    assert len(tcp.connections) == 0


def test_an_exception_in_the_news_does_not_cost_the_connection(tcp: Any) -> None:
    def fail(_hop: Hop) -> None:
        raise RuntimeError("news")

    tcp.connections._on_open = fail
    tcp.connect().send(message())
    tcp.wait_for_messages(1)
    assert len(tcp.recorder.exceptions) == 1


# Aliases (RFC 5923)


def test_an_alias_leads_requests_to_another_port_onto_the_connection(tcp: Any) -> None:
    peer = tcp.connect()
    assert tcp.connections.add_alias(tcp.hop_of(peer).connection, 5060)
    assert tcp.connections.send(b"request", tcp.hop_to(("127.0.0.1", 5060)))
    assert peer.wait_for_data(7) == b"request"
    assert tcp.recorder.opened[-1].port == 5060


def test_an_alias_can_not_take_over_what_leads_elsewhere(tcp: Any) -> None:
    first, second = tcp.connect(), tcp.connect()
    assert tcp.connections.add_alias(tcp.hop_of(first).connection, 5060)
    assert tcp.connections.add_alias(tcp.hop_of(first).connection, 5060)
    assert not tcp.connections.add_alias(tcp.hop_of(second).connection, 5060)
    assert not tcp.connections.add_alias(tcp.hop_of(second).connection, first.port)


def test_aliases_are_few_and_sane(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(aliases_per_connection=2))
    number = tcp.hop_of(tcp.connect()).connection
    results = [tcp.connections.add_alias(number, port) for port in (0, 70_000, 5060, 5061, 5062)]
    assert results == [False, False, True, True, False]
    assert not tcp.connections.add_alias(number + 1, 5063)


def test_an_alias_goes_with_its_connection(tcp: Any) -> None:
    peer = tcp.connect()
    tcp.connections.add_alias(tcp.hop_of(peer).connection, 5060)
    peer.close()
    wait_for(lambda: len(tcp.connections) == 0)
    assert {hop.port for hop in tcp.recorder.closed} == {peer_port(tcp), 5060}


def peer_port(tcp: Any) -> int:
    port: int = tcp.recorder.opened[0].port
    return port


def test_closing_the_table_tells_those_who_wait(make_tcp: Make, server: Server) -> None:
    tcp = make_tcp()
    tcp.connections.send(b"x", tcp.hop_to(server.address), tcp.recorder.on_error)
    tcp.connections.close()
    gevent.sleep(0)
    wait_for(lambda: tcp.recorder.errors)
    assert len(tcp.connections) == 0

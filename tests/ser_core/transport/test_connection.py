"""What one connection does with what its peer does to it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import gevent
import pytest

from ser_core.transport.connection import State
from ser_core.transport.limits import Limits
from tests.support.network import Peer, message, turn_hub, wait_for

QUICK = 0.005
Make = Callable[..., Any]  # Any: the fixture's class lives in conftest.py


def test_a_message_arrives_with_its_connection(tcp: Any) -> None:
    peer = tcp.connect()
    peer.send(message())
    assert tcp.wait_for_messages(1) == [message()]
    hop = tcp.recorder.messages[0][1]
    assert hop[:4] == ("tcp", "127.0.0.1", peer.port, tcp.listener)
    assert tcp.connections.find(hop.connection).hop is hop
    assert tcp.counters.tcp_received.value == 1


def test_pipelined_messages_arrive_in_order(tcp: Any) -> None:
    sent = [message(f"M{number}", number) for number in range(200)]
    peer = tcp.connect()
    peer.send_all(b"".join(sent))
    assert tcp.wait_for_messages(200) == sent


def test_a_message_arrives_whole_however_it_is_cut(tcp: Any) -> None:
    data = message("ONE", 30) + message("TWO", 7)
    peer = tcp.connect()
    for index in range(len(data)):
        peer.send(data[index : index + 1])
        gevent.sleep(0)
    assert tcp.wait_for_messages(2) == [message("ONE", 30), message("TWO", 7)]


def test_what_was_sent_before_the_end_of_the_stream_all_arrives(tcp: Any) -> None:
    sent = [message(f"M{number}") for number in range(300)]
    peer = tcp.connect()
    peer.send_all(b"".join(sent))
    peer.close()
    assert tcp.wait_for_messages(300) == sent
    wait_for(lambda: len(tcp.connections) == 0)
    assert tcp.counters.tcp_truncated.value == 0


def test_closing_in_the_middle_of_a_turn_ends_it(tcp: Any) -> None:
    def close(data: bytes, hop: Any) -> None:
        tcp.recorder.messages.append((data, hop))
        tcp.connections.find(hop.connection).close(None)

    tcp.connections._on_message = close
    peer = tcp.connect()
    peer.send(message() * 5)
    peer.wait_for_end()
    assert len(tcp.recorder.messages) == 1
    assert not tcp.recorder.exceptions


def test_one_busy_peer_does_not_keep_the_others_waiting(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(tcp_messages_per_turn=2))
    busy, other = tcp.connect(), tcp.connect()
    busy.send(b"".join(message("BUSY") for _ in range(500)))
    other.send(message("OTHER"))
    messages = tcp.wait_for_messages(501)
    assert messages.index(message("OTHER")) < 500
    assert messages.count(message("BUSY")) == 500


def test_a_ping_is_answered_with_crlf(tcp: Any) -> None:
    peer = tcp.connect()
    peer.send(b"\r\n\r\n")
    assert peer.wait_for_data(2) == b"\r\n"
    peer.send(b"\r\n")  # a pong asks for nothing
    peer.send(message())
    tcp.wait_for_messages(1)
    assert peer.read() == b"\r\n"
    assert tcp.counters.tcp_keepalives.value == 1


def test_a_flood_of_pings_gets_few_answers(tcp: Any) -> None:
    peer = tcp.connect()
    peer.send_all(b"\r\n\r\n" * 20_000)
    peer.send(message())
    tcp.wait_for_messages(1)
    turn_hub()
    assert 2 <= len(peer.read()) < 2000


def test_an_exception_in_one_message_leaves_the_connection_alive(tcp: Any) -> None:
    tcp.recorder.failure = ValueError("script")
    peer = tcp.connect()
    peer.send(message("ONE") + message("TWO"))
    tcp.wait_for_messages(2)
    tcp.recorder.failure = None
    peer.send(message("THREE"))
    assert tcp.wait_for_messages(3)[2] == message("THREE")
    assert [type(error) for _, error in tcp.recorder.exceptions] == [ValueError, ValueError]
    assert tcp.counters.guard_exceptions.value == 2


def test_a_framing_error_is_told_with_the_head_answered_and_the_connection_closed(
    tcp: Any,
) -> None:
    def answer(error: Any, hop: Any, head: bytes) -> None:
        tcp.recorder.on_framing_error(error, hop, head)
        tcp.connections.send(b"SIP/2.0 400 No\r\n\r\n", hop)

    tcp.connections._on_framing_error = answer
    head = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n"
    peer = tcp.connect()
    peer.send(message("GOOD") + head + b"unread rest" * 100)
    assert peer.wait_for_end() == b"SIP/2.0 400 No\r\n\r\n"
    ((error, hop, told),) = tcp.recorder.framing_errors
    assert (error.status, told) == (400, head)
    assert hop.port == peer.port
    assert tcp.recorder.data == [message("GOOD")]
    assert tcp.counters.tcp_framing_errors.value == 1
    peer.close()
    wait_for(lambda: len(tcp.connections) == 0)


def test_a_message_that_is_too_large_is_a_framing_error_with_513(tcp: Any) -> None:
    peer = tcp.connect()
    peer.send(b"MESSAGE sip:a SIP/2.0\r\nContent-Length: 70000\r\n\r\n")
    wait_for(lambda: tcp.recorder.framing_errors)
    assert tcp.recorder.framing_errors[0][0].status == 513


@pytest.mark.parametrize(
    "rubbish",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\x00\x01\x00\x00\x21\x12\xa4\x42", b"\xff" * 10],
)
def test_what_is_not_sip_is_seen_by_its_first_byte(tcp: Any, rubbish: bytes) -> None:
    peer = tcp.connect()
    peer.send(rubbish)
    assert peer.wait_for_end() == b""
    assert tcp.counters.tcp_framing_errors.value == 1


def test_an_exception_while_answering_a_framing_error_still_closes(tcp: Any) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no answer")

    tcp.connections._on_framing_error = fail
    peer = tcp.connect()
    peer.send(b"\x16\x03")
    peer.wait_for_end()
    assert len(tcp.recorder.exceptions) == 1


def test_a_broken_framer_costs_its_connection_only(tcp: Any) -> None:
    peer, other = tcp.connect(), tcp.connect()
    tcp.connections.find(tcp.hop_of(peer).connection)._framer = object()
    peer.send(message())
    peer.wait_for_end()
    other.send(message())
    tcp.wait_for_messages(1)
    assert len(tcp.recorder.exceptions) == 1


def test_a_message_cut_off_by_the_end_of_the_stream_is_counted(tcp: Any) -> None:
    peer = tcp.connect()
    peer.send(message()[:-5])
    peer.close()
    wait_for(lambda: len(tcp.connections) == 0)
    assert tcp.counters.tcp_truncated.value == 1
    assert not tcp.recorder.messages


def test_a_peer_that_shuts_its_side_still_gets_what_waits_for_it(tcp: Any) -> None:
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    body = b"x" * 6_000_000  # more than the kernel buffers
    assert tcp.connections.send(body, hop, tcp.recorder.on_error)
    peer.sock.shutdown(socket.SHUT_WR)
    wait_for(lambda: tcp.connections.find(hop.connection).state is State.DRAINING)
    assert peer.wait_for_end() == body
    wait_for(lambda: len(tcp.connections) == 0)
    assert not tcp.recorder.errors


def test_a_reset_closes_the_connection(tcp: Any) -> None:
    peer = tcp.connect()
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    wait_for(lambda: len(tcp.connections) == 0)
    assert tcp.counters.tcp_closed.value == 1


# Time


def test_a_slow_message_is_given_up(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(message_timeout=0.03, sweep_interval=QUICK))
    peer = tcp.connect()

    def drip() -> bool:  # a byte now and then doesn't buy time
        if peer.read() or peer.ended:
            return True
        peer.send(b"A")
        return False

    wait_for(drip, "the connection to be closed")
    assert tcp.counters.tcp_message_timeouts.value == 1


def test_messages_in_steady_flow_are_never_too_slow(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(message_timeout=0.25, sweep_interval=QUICK))
    peer = tcp.connect()
    data = message()
    peer.send(data[:10])
    with gevent.Timeout(0.6, False):  # type: ignore[arg-type]  # the stubs don't know False
        while True:  # there is always one begun, and it is always a new one
            peer.send(data[10:] + data[:10])
            gevent.sleep(0.002)
    assert len(tcp.connections) == 1
    assert not peer.ended


def test_a_silent_connection_is_closed(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(idle_timeout=0.02, sweep_interval=QUICK))
    peer = tcp.connect()
    assert peer.wait_for_end() == b""
    assert tcp.counters.tcp_idle_timeouts.value == 1
    peer.close()
    wait_for(lambda: len(tcp.connections) == 0)


def test_keepalives_keep_a_connection(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(idle_timeout=0.25, sweep_interval=QUICK))
    peer = tcp.connect()
    with gevent.Timeout(0.6, False):  # type: ignore[arg-type]  # the stubs don't know False
        while True:
            peer.send(b"\r\n\r\n")
            gevent.sleep(0.005)
    assert len(tcp.connections) == 1


def test_a_peer_that_never_closes_after_us_is_cut_off(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(drain_timeout=0.02, sweep_interval=QUICK))
    peer = tcp.connect()
    peer.send(b"\x16\x03")
    peer.wait_for_end()
    wait_for(lambda: len(tcp.connections) == 0)
    assert tcp.counters.tcp_closed.value == 1


def test_a_peer_that_takes_nothing_is_given_up_and_senders_told(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(send_timeout=0.03, sweep_interval=QUICK, queue_bytes=1 << 24))
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    assert tcp.connections.send(bytes(6_000_000), hop, tcp.recorder.on_error)
    assert tcp.connections.send(b"next", hop, tcp.recorder.on_error)
    wait_for(lambda: len(tcp.recorder.errors) == 2)
    assert isinstance(tcp.recorder.errors[0][1], TimeoutError)
    assert tcp.counters.tcp_send_timeouts.value == 1
    assert len(tcp.connections) == 0


# Writing


def test_messages_leave_in_order_whatever_the_kernel_takes(tcp: Any) -> None:
    peer = tcp.connect()
    hop = tcp.hop_of(peer)
    sent = [message(f"M{number}", 2_000_000 if number == 3 else 10) for number in range(20)]
    taken = [data for data in sent if tcp.connections.send(data, hop)]
    expected = b"".join(taken)
    assert peer.wait_for_data(len(expected)) == expected
    assert len(taken) == 20


def test_the_queue_is_bounded_in_bytes_and_messages(make_tcp: Make) -> None:
    tcp = make_tcp(Limits(queue_bytes=1000, queue_messages=5))
    hop = tcp.hop_of(tcp.connect())
    assert tcp.connections.send(bytes(6_000_000), hop)  # the first is always taken
    connection = tcp.connections.find(hop.connection)
    assert not tcp.connections.send(bytes(500), hop, tcp.recorder.on_error)
    assert connection.waiting == 1
    assert tcp.counters.tcp_queue_overflows.value == 1
    turn_hub(3)
    assert not tcp.recorder.errors  # False was the answer
    assert len(tcp.connections) == 1  # and no second connection was opened


def test_a_connection_says_who_it_leads_to(tcp: Any) -> None:
    peer = tcp.connect()
    connection = tcp.connections.find(tcp.hop_of(peer).connection)
    assert str(connection) == f"tcp:127.0.0.1:{peer.port}"
    assert connection.is_usable


def test_a_connect_that_meets_itself_is_refused(tcp: Any) -> None:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.connect(sock.getsockname())  # simultaneous open with itself
    from ser_core.transport.connection import Connection

    hop = tcp.hop_to(sock.getsockname())._replace(connection=77)
    sock.setblocking(False)
    tcp.connections._by_id[77] = connection = Connection(
        sock, hop, tcp.connections, tcp.counters, Limits(), accepted=False
    )
    wait_for(lambda: connection.state is State.CLOSED)
    assert tcp.counters.tcp_connect_errors.value == 1


def test_closing_twice_is_closing_once(tcp: Any) -> None:
    peer = tcp.connect()
    connection = tcp.connections.find(tcp.hop_of(peer).connection)
    connection.close(None)
    connection.close(None)
    connection.drain()
    connection.check_deadlines(1e12)
    assert tcp.counters.tcp_closed.value == 1
    assert isinstance(peer, Peer)

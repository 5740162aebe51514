from __future__ import annotations

import socket
from collections.abc import Iterator

import gevent
import pytest

from ser_core.sip.hop import Hop, Listener
from ser_core.transport import udp
from ser_core.transport.counters import TransportCounters
from ser_core.transport.guards import DestinationRefused
from ser_core.transport.limits import Limits
from ser_core.transport.udp import UdpListener
from tests.support.network import (
    Recorder,
    datagram_socket,
    listener_of,
    message,
    turn_hub,
    wait_for,
)

STUN = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)


class Udp:
    """A listener under test, and a socket to talk to it."""

    def __init__(self, host: str = "127.0.0.1", limits: Limits | None = None) -> None:
        self.now = 0.0
        self.recorder = Recorder()
        self.counters = TransportCounters()
        self.sock = datagram_socket(host)
        self.listener = listener_of(self.sock)
        self.address = self.sock.getsockname()
        self.peer = datagram_socket(host)
        self.udp = UdpListener(
            self.sock,
            self.listener,
            self.recorder.on_message,
            self.recorder.on_exception,
            self.counters,
            limits or Limits(),
            lambda: self.now,
        )
        self.udp.start()

    def send(self, *datagrams: bytes) -> None:
        for data in datagrams:
            self.peer.sendto(data, self.address)

    def wait_for_messages(self, count: int) -> None:
        wait_for(lambda: len(self.recorder.messages) >= count, f"{count} messages")

    def close(self) -> None:
        self.udp.close()
        self.peer.close()


@pytest.fixture
def net() -> Iterator[Udp]:
    made = Udp()
    yield made
    made.close()


def test_a_datagram_arrives_with_where_it_came_from(net: Udp) -> None:
    net.send(message())
    net.wait_for_messages(1)
    data, hop = net.recorder.messages[0]
    host, port = net.peer.getsockname()
    assert data == message()
    assert hop == ("udp", host, port, net.listener, 0)
    assert net.counters.udp_received.value == 1


def test_ipv6_hosts_come_without_brackets() -> None:
    net = Udp("::1")
    net.send(message())
    net.wait_for_messages(1)
    assert net.recorder.messages[0][1].host == "::1"
    net.udp.send(b"reply", "::1", net.peer.getsockname()[1])
    assert wait_for(lambda: net.peer.recv(100)) == b"reply"
    net.close()


def test_datagrams_arrive_in_order(net: Udp) -> None:
    sent = [message(f"M{number}") for number in range(100)]
    net.send(*sent)
    net.wait_for_messages(100)
    assert net.recorder.data == sent


def test_the_largest_datagram_arrives_whole(net: Udp) -> None:
    largest = message("MESSAGE", 60_000)
    net.send(largest)
    net.wait_for_messages(1)
    assert net.recorder.data == [largest]


@pytest.mark.parametrize(
    ("data", "counter"),
    [
        (b"", "udp_keepalives"),
        (b"\r\n\r\n", "udp_keepalives"),
        (b"\0", "udp_keepalives"),
        (b"\0" * 40, "udp_keepalives"),
        (b"OPTIONS sip:a SIP/2.0\r\n\r\n", "udp_short"),
        (STUN, "udp_stun"),
        (STUN + bytes(40), "udp_stun"),
        (b"\x16\x03\x01" + bytes(60), "udp_tls"),
        (b"\x16\xfe\xfd" + bytes(60), "udp_tls"),
        (b"\xff" * 40, "udp_rubbish"),
        (b"<" + b"x" * 40, "udp_rubbish"),
        (b" OPTIONS sip:a@example.com SIP/2.0\r\n\r\n", "udp_rubbish"),
        (b"\x80\x00" + b"rtp" * 30, "udp_rubbish"),
    ],
)
def test_what_can_not_be_sip_is_counted_by_kind_and_dropped(
    net: Udp, data: bytes, counter: str
) -> None:
    net.send(data)
    wait_for(lambda: getattr(net.counters, counter).value)
    assert getattr(net.counters, counter).value == 1
    counted = sum(each.value for each in net.counters.all)
    assert counted == 1
    assert not net.recorder.messages


@pytest.mark.parametrize("first", sorted(b"ABZaz09-.!%*_+`'~"))
def test_each_token_character_can_begin_a_message(first: int) -> None:
    assert udp.STARTS_MESSAGE[first] == 1


def test_an_exception_is_told_and_the_next_datagram_read(net: Udp) -> None:
    net.recorder.failure = RuntimeError("script")
    net.send(message("ONE"), message("TWO"))
    net.wait_for_messages(2)
    net.recorder.failure = None
    net.send(message("THREE"))
    net.wait_for_messages(3)
    assert [str(error) for _, error in net.recorder.exceptions] == ["script", "script"]
    host, port = net.peer.getsockname()
    assert net.recorder.exceptions[0][0] == f"a message from udp:{host}:{port}"
    assert net.counters.guard_exceptions.value == 2


def test_timers_run_between_turns_while_datagrams_keep_coming() -> None:
    net = Udp(limits=Limits(udp_messages_per_turn=4))
    seen_by_timer: list[int] = []
    timer = gevent.get_hub().loop.timer(0.0)
    net.send(*[message() for _ in range(100)])
    timer.start(lambda: seen_by_timer.append(len(net.recorder.messages)))
    net.wait_for_messages(100)
    assert seen_by_timer
    assert seen_by_timer[0] <= 8
    timer.close()
    net.close()


def test_new_calls_are_shed_while_the_socket_stands_full_and_taken_again_later(
    net: Udp,
) -> None:
    net.udp._overload.share = 0.5
    net.udp.stop()
    net.send(*[message("INVITE") for _ in range(10)], *[message("BYE") for _ in range(10)])
    net.udp.start()
    net.wait_for_messages(15)
    turn_hub()
    assert net.counters.udp_shed.value == 5
    assert net.recorder.data.count(message("BYE")) == 10
    net.now = 60.0
    net.send(message("BYE"))
    net.wait_for_messages(16)
    net.send(*[message("INVITE") for _ in range(10)])
    net.wait_for_messages(26)


def test_a_socket_that_is_never_found_empty_is_overloaded() -> None:
    net = Udp(limits=Limits(udp_messages_per_turn=4))

    def work(_data: bytes, _hop: Hop) -> None:
        net.now += 0.1

    net.udp._on_message = work
    net.send(*[message() for _ in range(20)])
    wait_for(lambda: net.now > 1.95)
    assert net.udp._overload.share > 0
    net.close()


def test_a_stopped_listener_leaves_datagrams_for_later(net: Udp) -> None:
    net.udp.stop()
    net.send(message())
    turn_hub()
    assert not net.recorder.messages
    net.udp.send(b"x", *net.peer.getsockname())
    net.udp.start()
    net.wait_for_messages(1)


def test_sources_are_remembered_within_bounds(net: Udp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "HOP_CACHE_SIZE", 5)
    for number in range(20):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(message(), net.address)
            net.wait_for_messages(number + 1)
            assert net.recorder.messages[-1][1].port == peer.getsockname()[1]
        assert len(net.udp._hops) <= 5


def test_the_same_source_gets_the_same_hop_without_a_new_object(net: Udp) -> None:
    net.send(message(), message())
    net.wait_for_messages(2)
    first, second = net.recorder.messages
    assert first[1] is second[1]


def test_source_port_0_is_dropped_and_counted(net: Udp) -> None:
    assert net.udp._hop_of(("127.0.0.1", 0)) is None
    assert net.counters.udp_port_zero.value == 1


def test_a_link_local_source_keeps_its_zone(net: Udp) -> None:
    hop = net.udp._hop_of(("fe80::1", 5060, 0, 3))
    assert hop is not None
    assert hop.host == "fe80::1%3"


def test_send_counts_what_it_sent(net: Udp) -> None:
    net.udp.send(b"response", *net.peer.getsockname())
    assert wait_for(lambda: net.peer.recv(100)) == b"response"
    assert net.counters.udp_sent.value == 1


def test_a_datagram_that_is_too_long_is_an_error(net: Udp) -> None:
    with pytest.raises(OSError, match="too long"):
        net.udp.send(bytes(70_000), *net.peer.getsockname())
    assert net.counters.udp_send_errors.value == 1


def test_nothing_is_sent_to_a_multicast_group(net: Udp) -> None:
    with pytest.raises(DestinationRefused):
        net.udp.send(b"x", "224.0.1.75", 5060)
    assert net.counters.destinations_refused.value == 1
    assert net.counters.udp_sent.value == 0


def test_nothing_is_sent_to_the_other_address_family(net: Udp) -> None:
    with pytest.raises(DestinationRefused):
        net.udp.send(b"x", "::1", 5060)


class Refusing:
    """A socket that gives errors instead of working."""

    family = socket.AF_INET

    def __init__(self, sock: socket.socket, *errors: OSError) -> None:
        self._sock = sock
        self.errors = list(errors)
        self.sent: list[bytes] = []

    def sendto(self, data: bytes, _address: object) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(data)

    def recvfrom(self, size: int) -> object:
        if self.errors:
            raise self.errors.pop(0)
        return self._sock.recvfrom(size)

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)

    def close(self) -> None:
        self._sock.close()


def refusing(*errors: OSError) -> tuple[UdpListener, Refusing, Recorder, TransportCounters]:
    recorder, counters = Recorder(), TransportCounters()
    sock = Refusing(datagram_socket(), *errors)
    made = UdpListener(
        sock,  # type: ignore[arg-type]  # as much of a socket as it uses
        Listener("udp", "127.0.0.1", sock._sock.getsockname()[1]),
        recorder.on_message,
        recorder.on_exception,
        counters,
    )
    return made, sock, recorder, counters


def test_a_full_send_buffer_counts_as_a_loss_not_as_an_error() -> None:
    listener, sock, _, counters = refusing(BlockingIOError())
    listener.send(b"lost", "127.0.0.1", 9)
    assert counters.udp_send_drops.value == 1
    assert not sock.sent
    listener.close()


def test_the_icmp_error_of_an_earlier_datagram_does_not_cost_this_one() -> None:
    listener, sock, _, counters = refusing(ConnectionRefusedError())
    listener.send(b"sent", "127.0.0.1", 9)
    assert sock.sent == [b"sent"]
    assert counters.udp_send_errors.value == 0
    listener.close()


@pytest.mark.parametrize("number", [101, 1, 113])  # ENETUNREACH, EPERM, EHOSTUNREACH
def test_an_error_of_the_network_is_told_to_the_caller(number: int) -> None:
    listener, _, _, counters = refusing(OSError(number, "no"))
    with pytest.raises(OSError, match="no"):
        listener.send(b"x", "127.0.0.1", 9)
    assert counters.udp_send_errors.value == 1
    listener.close()


def test_errors_of_reading_do_not_stop_the_reading() -> None:
    listener, sock, recorder, counters = refusing(ConnectionRefusedError(), OSError(5, "I/O"))
    listener.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.sendto(message(), sock._sock.getsockname())
        wait_for(lambda: recorder.messages)
    assert counters.udp_receive_errors.value == 2
    listener.close()

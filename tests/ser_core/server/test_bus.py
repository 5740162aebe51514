"""The bus: what is sent arrives in order, survives its reader, and never waits for a slow one."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ser_core.server import bus as bus_module
from ser_core.server.bus import (
    DEADLINE,
    MAX_WAITING,
    Bus,
    BusConnection,
    BusCounters,
)
from ser_core.server.bus_messages import (
    Command,
    CommandReply,
    ConnectionClosed,
    ConnectionOpened,
    LogLine,
    Message,
    Piece,
    Received,
    ReceiverEnded,
    WriteOut,
    encode,
    hop_of,
    peer_of,
)
from ser_core.server.pieces import MAX_JOINED, cut
from ser_core.sip.hop import Hop, Listener

LISTENERS = [Listener("udp", "127.0.0.1", 5060), Listener("tcp", "::1", 5070, index=1)]
UDP = Hop("udp", "192.0.2.9", 5099, LISTENERS[0])
TCP = Hop("tcp", "2001:db8::9", 40000, LISTENERS[1], 1 << 40 | 7)


class FakeWatcher:
    """Called by the test when the test says that the descriptor is ready."""

    def __init__(self) -> None:
        self.call: Callable[[], None] | None = None

    def start(self, callback: Callable[..., None], *args: Any) -> None:
        self.call = lambda: callback(*args)

    def stop(self) -> None:
        self.call = None

    def close(self) -> None:
        self.call = None


class FakeLoop:
    def __init__(self) -> None:
        self.watchers: dict[tuple[int, int], FakeWatcher] = {}

    def io(self, fd: int, events: int) -> FakeWatcher:
        return self.watchers.setdefault((fd, events), FakeWatcher())

    def now(self) -> float:
        return 0.0


class Process:
    """One process's connection, with what it got and a clock that the test moves."""

    def __init__(self, bus: Bus, index: int) -> None:
        self.got: list[Any] = []
        self.now = 100.0
        self.counters = BusCounters()
        self.loop = FakeLoop()
        kinds: tuple[type[Message], ...] = (Received, WriteOut, ConnectionOpened, ConnectionClosed)
        kinds += (ReceiverEnded, Command, CommandReply, LogLine)
        self.connection = BusConnection(
            bus,
            index,
            self.loop,
            dict.fromkeys(kinds, self.handle),
            self.counters,
            lambda: self.now,
        )
        self.connection.start()
        self._reader = self.loop.watchers[bus.reading_end(index).fileno(), 1]
        self._writers = [
            self.loop.watchers[bus.writing_end(x).fileno(), 2] for x in range(len(bus))
        ]

    def handle(self, message: Any) -> None:
        if message == ReceiverEnded(99):
            raise RuntimeError("cannot handle that")
        self.got.append(message)

    def read(self) -> None:
        assert self._reader.call is not None
        self._reader.call()

    def is_waiting_to_write(self, to: int) -> bool:
        return self._writers[to].call is not None

    def write(self, to: int) -> None:
        call = self._writers[to].call
        assert call is not None
        call()


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus(3)
    yield made
    made.close()


def fill(bus: Bus, process: int) -> int:
    """Write until the reader's queue is full; how many went in."""
    number = 0
    while bus.post(process, Received(peer_of(UDP), b"x" * 4000)):
        number += 1
    return number


def drain(sock: socket.socket) -> int:
    number = 0
    while True:
        try:
            sock.recv(1 << 17)
        except BlockingIOError:
            return number
        number += 1


@pytest.mark.parametrize(
    "message",
    [
        Received(peer_of(UDP), b"INVITE\x00\xff"),
        WriteOut(peer_of(TCP), b"SIP/2.0"),
        ConnectionOpened(peer_of(TCP)),
        ConnectionClosed(peer_of(TCP)),
        ReceiverEnded(3, 4711),
        Command(1 << 40, 4711, "t_reply", [b"480", [b"\xff", b""]]),
        CommandReply(1 << 40, 200, b"no \xff", b"body\n"),
        LogLine(1.5, -3, "receiver 0", 4711, "call-id", "text"),
    ],
)
def test_every_kind_of_message_arrives_as_it_was_sent(bus: Bus, message: Any) -> None:
    sender, reader = Process(bus, 0), Process(bus, 1)
    assert sender.connection.send(1, message)
    reader.read()
    assert reader.got == [message]


@pytest.mark.parametrize("hop", [UDP, TCP])
def test_a_hop_is_the_same_at_the_other_end(hop: Hop) -> None:
    assert hop_of(peer_of(hop), LISTENERS) == hop


def test_what_is_handed_on_arrives_in_order(bus: Bus) -> None:
    sender, owner = Process(bus, 0), Process(bus, 2)
    for number in range(200):
        sender.connection.hand_on(2, b"%d" % number, UDP if number % 2 else TCP)
    while len(owner.got) < 200:
        owner.read()
    assert [int(x.data) for x in owner.got] == list(range(200))
    assert sender.counters.handed_on.value == 200
    assert hop_of(owner.got[1].peer, LISTENERS) == UDP


def test_the_largest_datagram_fits(bus: Bus) -> None:
    sender, owner = Process(bus, 0), Process(bus, 1)
    sender.connection.hand_on(1, bytes(65535), UDP)
    owner.read()
    assert len(owner.got[0].data) == 65535


def test_a_queue_holds_more_than_the_kernels_count_of_datagrams(bus: Bus) -> None:
    assert fill(bus, 1) > 50


def test_a_datagram_for_a_slow_receiver_is_dropped_and_counted(bus: Bus) -> None:
    sender = Process(bus, 0)
    fill(bus, 1)
    sender.connection.hand_on(1, b"x" * 4000, UDP)
    assert sender.counters.dropped.value == 1
    assert sender.counters.handed_on.value == 0
    assert not sender.is_waiting_to_write(1)


def test_what_must_arrive_waits_for_a_slow_reader_and_keeps_its_order(bus: Bus) -> None:
    sender, reader = Process(bus, 0), Process(bus, 1)
    fill(bus, 1)
    for number in range(5):
        sender.connection.hand_on(1, b"%d" % number + b"x" * 4000, TCP)
    assert sender.is_waiting_to_write(1)
    drain(bus.reading_end(1))
    sender.write(1)
    assert not sender.is_waiting_to_write(1)
    reader.read()
    assert [x.data[:1] for x in reader.got] == [b"0", b"1", b"2", b"3", b"4"]
    assert sender.counters.expired.value == 0


def test_what_waits_too_long_is_given_up_and_counted(bus: Bus) -> None:
    sender = Process(bus, 0)
    fill(bus, 1)
    lost: list[str] = []
    assert sender.connection.send(1, WriteOut(peer_of(TCP), b"x" * 4000), lambda: lost.append("x"))
    sender.now += DEADLINE
    sender.connection.expire()
    assert lost == []
    sender.now += 0.1
    sender.connection.expire()
    assert lost == ["x"]
    assert sender.counters.expired.value == 1
    assert not sender.is_waiting_to_write(1)


def test_waiting_is_bounded(bus: Bus) -> None:
    sender = Process(bus, 0)
    fill(bus, 1)
    message = WriteOut(peer_of(TCP), b"x" * 4000)
    assert all(sender.connection.send(1, message) for _ in range(MAX_WAITING))
    assert not sender.connection.send(1, message)
    assert sender.counters.expired.value == 1


def test_one_slow_process_does_not_hold_up_another(bus: Bus) -> None:
    sender, other = Process(bus, 0), Process(bus, 2)
    fill(bus, 1)
    sender.connection.send_to_all((1, 2), ConnectionOpened(peer_of(TCP)))
    other.read()
    assert other.got == [ConnectionOpened(peer_of(TCP))]


def test_send_to_all_reaches_those_who_are_named(bus: Bus) -> None:
    sender = Process(bus, 1)
    sender.connection.send_to_all((0, 2), ReceiverEnded(0))
    assert [drain(bus.reading_end(x)) for x in range(3)] == [1, 0, 1]


def test_a_message_longer_than_a_datagram_arrives_whole(bus: Bus) -> None:
    """t_hash answers with about a megabyte."""
    sender, reader = Process(bus, 0), Process(bus, 2)
    messages = [
        CommandReply(1, 200, b"ok", b"x" * 1_000_000),
        CommandReply(2, 200, b"ok", b"short"),
    ]
    for message in messages:
        assert sender.connection.send(2, message)
    while len(reader.got) < 2:
        reader.read()
        if sender.is_waiting_to_write(2):
            sender.write(2)
    assert reader.got == messages


def test_pieces_of_two_senders_may_mix(bus: Bus) -> None:
    one, two, reader = Process(bus, 0), Process(bus, 1), Process(bus, 2)
    pairs = zip(cut_of(b"1" * 200_000, 0), cut_of(b"2" * 200_000, 1), strict=True)
    for first, second in pairs:
        one.connection.send(2, first)
        two.connection.send(2, second)
    reader.read()
    assert sorted(x.data[:1] for x in reader.got) == [b"1", b"2"]
    assert {len(x.data) for x in reader.got} == {200_000}


def cut_of(data: bytes, sender: int) -> list[Piece]:
    return list(cut(encode(Received(peer_of(TCP), data)), sender))


def test_a_message_that_lost_a_piece_is_counted_and_the_next_one_read(bus: Bus) -> None:
    sender, reader = Process(bus, 0), Process(bus, 2)
    first, _lost, *rest = cut_of(b"1" * 300_000, 0)
    for piece in (first, *rest, *cut_of(b"2" * 200_000, 0)):
        sender.connection.send(2, piece)
    reader.read()
    assert [x.data[:1] for x in reader.got] == [b"2"]
    assert reader.counters.failures.value == len(rest)


def test_what_is_too_long_even_for_pieces_is_refused(bus: Bus) -> None:
    sender = Process(bus, 0)
    assert not sender.connection.send(1, CommandReply(1, 200, b"ok", bytes(MAX_JOINED + 1)))
    assert sender.counters.failures.value == 1
    assert drain(bus.reading_end(1)) == 0


def test_a_handler_that_fails_is_logged_counted_and_the_next_message_read(
    bus: Bus, capfd: pytest.CaptureFixture[str]
) -> None:
    sender, reader = Process(bus, 0), Process(bus, 1)
    sender.connection.send(1, ReceiverEnded(99))
    bus.writing_end(1).send(b"not a message")
    sender.connection.send(1, ReceiverEnded(2))
    reader.read()
    assert reader.got == [ReceiverEnded(2)]
    assert reader.counters.failures.value == 2
    assert "RuntimeError: cannot handle that" in capfd.readouterr().err


def test_a_message_that_can_never_be_sent_is_counted_and_does_not_block_the_way(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "_raise_send_buffer", lambda sock: None)
    small = Bus(2)
    small.writing_end(1).setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    sender, reader = Process(small, 0), Process(small, 1)
    lost: list[str] = []
    message = WriteOut(peer_of(TCP), bytes(100_000))
    assert sender.connection.send(1, message, lambda: lost.append("x"))
    assert (sender.counters.failures.value, lost) == (1, ["x"])
    assert sender.connection.send(1, ReceiverEnded(0))
    reader.read()
    assert reader.got == [ReceiverEnded(0)]
    small.close()


def test_what_waits_survives_the_death_of_its_reader(bus: Bus) -> None:
    sender = Process(bus, 0)
    pid = os.fork()
    if pid == 0:
        bus.reading_end(1).close()
        os._exit(0)
    sender.connection.hand_on(1, b"waiting", UDP)
    os.waitpid(pid, 0)
    successor = Process(bus, 1)
    successor.read()
    assert successor.got[0].data == b"waiting"


def test_a_closed_connection_leaves_the_sockets_to_its_successor(bus: Bus) -> None:
    first = Process(bus, 1)
    first.connection.close()
    assert bus.post(1, ReceiverEnded(0))
    second = Process(bus, 1)
    second.read()
    assert second.got == [ReceiverEnded(0)]


def test_post_to_a_full_queue_says_so(bus: Bus) -> None:
    fill(bus, 1)
    assert not bus.post(1, Received(peer_of(UDP), b"x" * 4000))

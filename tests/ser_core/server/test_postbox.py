"""The attendant's messages: in order, in pieces where they are long, and never waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ser_core.server.bus import MAX_MESSAGE, Bus
from ser_core.server.bus_messages import (
    ForgetScript,
    Piece,
    PrepareScript,
    ReceiverStarted,
    decode,
)
from ser_core.server.pieces import Joiner
from ser_core.server.postbox import Postbox


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus(2)
    yield made
    made.close()


def read_all(bus: Bus, process: int) -> list[object]:
    found: list[object] = []
    while True:
        try:
            found.append(decode(bus.reading_end(process).recv(MAX_MESSAGE)))
        except BlockingIOError:
            return found


def test_messages_leave_with_a_flush_each_to_its_process(bus: Bus) -> None:
    postbox = Postbox(bus, 2)
    postbox.send(0, ForgetScript(1, 100))
    postbox.send(1, ForgetScript(1, 101))
    assert read_all(bus, 0) == []
    assert postbox.flush() is False
    assert read_all(bus, 0) == [ForgetScript(1, 100)]
    assert read_all(bus, 1) == [ForgetScript(1, 101)]


def test_what_a_full_bus_does_not_take_goes_later_in_the_same_order(bus: Bus) -> None:
    while bus.post(0, ReceiverStarted(1)):
        pass
    postbox = Postbox(bus, 2)
    for number in (1, 2, 3):
        postbox.send(0, ForgetScript(number, 100))
    postbox.send(1, ForgetScript(9, 101))
    assert postbox.flush() is True
    assert read_all(bus, 1) == [ForgetScript(9, 101)]
    read_all(bus, 0)
    assert postbox.flush() is False
    assert [x.number for x in read_all(bus, 0) if isinstance(x, ForgetScript)] == [1, 2, 3]


def test_a_long_text_goes_in_pieces(bus: Bus) -> None:
    message = PrepareScript(1, 100, b"x" * 300_000, {}, [], [])
    postbox = Postbox(bus, 2)
    postbox.send(0, message)
    joiner = Joiner()
    whole: list[bytes] = []
    waits = True
    while waits:
        waits = postbox.flush()
        for piece in read_all(bus, 0):
            assert isinstance(piece, Piece)
            joined = joiner.add(piece)
            whole += [joined] if joined is not None else []
    assert [decode(x) for x in whole] == [message]

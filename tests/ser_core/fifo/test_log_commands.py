"""debug and log_tail by themselves; tests/real/test_fifo_core.py asks a running ser."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core import log
from ser_core.fifo.debug_level import DebugLevel
from ser_core.fifo.log_commands import LogCommands
from ser_core.fifo.log_ring import Line, LogRing
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.fifo.tables import read_table


class Cells:
    debug_level = 2
    revert = (0, 0)
    log_lines = 0


class FakeControl:
    def wall_time(self) -> float:
        return 5000.2


class World:
    def __init__(self) -> None:
        self.cells = Cells()
        self.ring = LogRing(self.cells)
        self.commands = LogCommands(DebugLevel(self.cells, lambda: 100.0), self.ring)

    def debug(self, *words: bytes) -> dict[str, str]:
        control: Any = FakeControl()
        rows = read_table(self.commands.debug(control, list(words)).body)[1]
        return dict(rows)

    def tail(self, *words: bytes) -> Reply:
        control: Any = FakeControl()
        return self.commands.log_tail(control, list(words))

    def seen(self, *words: bytes) -> list[str]:
        return [row[0] for row in read_table(self.tail(*words).body)[1]]


@pytest.fixture
def world() -> World:
    return World()


def test_debug_without_a_level_changes_nothing(world: World) -> None:
    assert world.debug() == {"level": "2"}
    assert world.cells.debug_level == 2


def test_debug_tells_until_when_a_level_lasts(world: World) -> None:
    assert world.debug(b"4") == {"level": "4"}
    assert world.debug(b"5", b"60") == {"level": "5", "until": "5060", "back_to": "4"}
    assert world.debug() == {"level": "5", "until": "5060", "back_to": "4"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([b"10"], "level is a number from 0 to 9"),
        ([b"-1"], "level is a number from 0 to 9"),
        ([b"\xb2"], "level is a number"),
        ([b"4", b"0"], "seconds is a number from 1 to"),
        ([b"4", b"9" * 30], "seconds is a number"),
        ([b"4", b"1", b"1"], "at most a level and a number of seconds"),
    ],
)
def test_debug_refuses_what_makes_no_sense(world: World, words: list[bytes], text: str) -> None:
    with pytest.raises(FifoError, match=text):
        world.debug(*words)
    assert world.cells.debug_level == 2


def test_log_tail_shows_all_of_a_line(world: World) -> None:
    world.ring.add(Line(1.5, log.NOTICE, "receiver 0", 7, "abc@host", "a\ttext"))
    reply = world.tail()
    assert reply.text == "ok next=1 first=1"
    assert reply.body == (
        b"seq\ttime\tlevel\tprocess\tpid\tcall_id\ttext\n"
        b"1\t1.500\tNOTICE\treceiver 0\t7\tabc@host\ta\\ttext\n"
    )


def test_log_tail_shows_the_last_hundred_unless_told_otherwise(world: World) -> None:
    for number in range(150):
        level = log.DEBUG if number % 2 else log.ERROR
        world.ring.add(Line(1.0, level, "x", 1, "", ""))
    assert world.seen() == [str(x) for x in range(51, 151)]
    assert world.seen(b"-", b"2") == ["149", "150"]
    assert world.seen(b"147") == ["148", "149", "150"]
    assert world.seen(b"140", b"2") == ["141", "142"]
    for error in (b"ERR", b"err", b"-1", b"3"):
        assert world.seen(b"144", b"100", error) == ["145", "147", "149"]
    assert world.seen(b"144", b"100", b"DBG4") == world.seen(b"144")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([b"x"], "since is a number"),
        ([b"0", b"0"], "limit is a number from 1 to 10000"),
        ([b"0", b"10001"], "limit is a number from 1 to 10000"),
        ([b"0", b"1", b"loud"], "level is a number from -3 to 9, or its name"),
        ([b"0", b"1", b"\xff"], "level is a number"),
        ([b"0", b"1", b"1", b"1"], "at most since, limit and level"),
    ],
)
def test_log_tail_refuses_what_makes_no_sense(world: World, words: list[bytes], text: str) -> None:
    with pytest.raises(FifoError, match=text):
        world.tail(*words)

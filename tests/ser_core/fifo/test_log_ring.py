"""The ring: lines are numbered, the oldest go, and whoever follows misses nothing that is left."""

from __future__ import annotations

from ser_core.fifo.log_ring import Line, LogRing, Tail
from ser_core.log import ERROR, MESSAGES, NOTICE


class Cell:
    log_lines = 0


def ring_of(lines: int, capacity: int = 10) -> LogRing:
    """Every third line is an error."""
    ring = LogRing(Cell(), capacity)
    for number in range(1, lines + 1):
        level = NOTICE if number % 3 else ERROR
        ring.add(Line(float(number), level, "receiver 0", 1, "", f"line {number}"))
    return ring


def numbers(tail: Tail) -> list[int]:
    assert all(line.text == f"line {number}" for number, line in tail.lines)
    return [number for number, _ in tail.lines]


def test_an_empty_ring_has_nothing() -> None:
    ring = LogRing(Cell())
    assert ring.newest(100, MESSAGES) == Tail([], 0, 1)
    assert ring.since(0, 100, MESSAGES) == Tail([], 0, 1)
    assert ring.since(99, 100, MESSAGES) == Tail([], 0, 1)


def test_the_newest_lines_come_in_their_order() -> None:
    tail = ring_of(5).newest(3, MESSAGES)
    assert numbers(tail) == [3, 4, 5]
    assert (tail.next, tail.first) == (5, 1)


def test_the_oldest_lines_go() -> None:
    tail = ring_of(25, capacity=10).newest(100, MESSAGES)
    assert numbers(tail) == list(range(16, 26))
    assert (tail.next, tail.first) == (25, 16)


def test_since_gives_what_is_behind_a_number() -> None:
    ring = ring_of(5)
    assert numbers(ring.since(3, 100, MESSAGES)) == [4, 5]
    assert numbers(ring.since(5, 100, MESSAGES)) == []
    assert numbers(ring.since(0, 100, MESSAGES)) == [1, 2, 3, 4, 5]


def test_whoever_was_away_too_long_gets_what_is_left_and_can_tell() -> None:
    tail = ring_of(25, capacity=10).since(3, 100, MESSAGES)
    assert numbers(tail) == list(range(16, 26))
    assert tail.first > 3 + 1


def test_with_a_limit_one_goes_on_from_next_and_misses_nothing() -> None:
    ring = ring_of(10)
    seen, since = [], 0
    for _ in range(4):
        tail = ring.since(since, 3, MESSAGES)
        seen += numbers(tail)
        since = tail.next
    assert seen == list(range(1, 11))


def test_less_urgent_lines_are_left_out_and_not_looked_at_again() -> None:
    ring = ring_of(10)
    assert numbers(ring.newest(2, ERROR)) == [6, 9]
    tail = ring.since(0, 100, ERROR)
    assert numbers(tail) == [3, 6, 9]
    assert tail.next == 10
    assert ring.since(0, 2, ERROR).next == 6


def test_a_new_ring_goes_on_with_the_numbers_of_the_old_one() -> None:
    cell = Cell()
    LogRing(cell).add(Line(1.0, NOTICE, "a", 1, "", "line 1"))
    ring = LogRing(cell)
    assert ring.newest(9, MESSAGES) == Tail([], 1, 2)
    ring.add(Line(1.0, NOTICE, "a", 1, "", "line 2"))
    assert numbers(ring.newest(9, MESSAGES)) == [2]
    assert numbers(ring.since(0, 9, MESSAGES)) == [2]

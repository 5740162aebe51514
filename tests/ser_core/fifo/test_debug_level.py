"""The debug level: set for good or for a time, and known to whoever takes over."""

from __future__ import annotations

import pytest

from ser_core.fifo.debug_level import DebugLevel


class Cells:
    debug_level = 2
    revert = (0, 0)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cells() -> Cells:
    return Cells()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_level_is_set_for_good(cells: Cells, clock: Clock) -> None:
    debug = DebugLevel(cells, clock)
    debug.set(4)
    assert (cells.debug_level, debug.level, debug.left) == (4, 4, None)
    clock.now += 1e6
    debug.go_back_if_due()
    assert cells.debug_level == 4


def test_a_level_for_some_time_goes_back(cells: Cells, clock: Clock) -> None:
    debug = DebugLevel(cells, clock)
    debug.set(4, 60)
    clock.now += 59
    debug.go_back_if_due()
    assert (debug.level, debug.left, debug.goes_back_to) == (4, 1.0, 2)
    clock.now += 1
    debug.go_back_if_due()
    assert (debug.level, debug.left) == (2, None)


def test_a_second_time_goes_back_to_the_level_before_both(cells: Cells, clock: Clock) -> None:
    debug = DebugLevel(cells, clock)
    debug.set(4, 60)
    debug.set(9, 10)
    clock.now += 11
    debug.go_back_if_due()
    assert debug.level == 2


def test_a_level_for_good_ends_the_time(cells: Cells, clock: Clock) -> None:
    debug = DebugLevel(cells, clock)
    debug.set(4, 60)
    debug.set(3)
    clock.now += 100
    debug.go_back_if_due()
    assert (debug.level, debug.left) == (3, None)


def test_whoever_takes_over_goes_on_with_the_time(cells: Cells, clock: Clock) -> None:
    DebugLevel(cells, clock).set(4, 60)
    successor = DebugLevel(cells, clock)
    assert (successor.left, successor.goes_back_to) == (60.0, 2)
    clock.now += 61
    successor.go_back_if_due()
    assert cells.debug_level == 2


def test_changes_are_told_in_the_log(
    cells: Cells, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    debug = DebugLevel(cells, clock)
    debug.set(2)
    assert capfd.readouterr().err == ""
    debug.set(4, 60)
    assert "debug level 4 instead of 2 for 60 s" in capfd.readouterr().err
    clock.now += 60
    debug.go_back_if_due()
    assert "debug level 2 instead of 4, its time is over" in capfd.readouterr().err

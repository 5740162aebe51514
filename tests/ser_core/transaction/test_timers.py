"""Gaps between retransmissions."""

from __future__ import annotations

from ser_core.transaction.timers import NEVER, Timers


def test_gaps_double_up_to_the_limit() -> None:
    timers = Timers()
    gap = timers.first_gap()
    gaps = [gap]
    for count in range(1, 6):
        gap = timers.next_gap(gap, count, 4.0)
        gaps.append(gap)
    assert gaps == [0.5, 1, 2, 4, 4, 4]


def test_gaps_of_the_script_come_first_and_the_last_stays() -> None:
    timers = Timers(gaps=(1.0, 2.0, 4.0, 3.0))
    assert timers.first_gap() == 1.0
    assert [timers.next_gap(0.0, count, NEVER) for count in range(1, 6)] == [2, 4, 3, 3, 3]

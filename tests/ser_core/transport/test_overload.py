"""New calls are shed when a socket's buffer stands full, and only as many as need be."""

from __future__ import annotations

import pytest

from ser_core.transport.overload import DECREASE, INCREASE, MOST, WINDOW, Overload

STEP = WINDOW * 1.01
INVITE = b"INVITE sip:a@b SIP/2.0\r\n"


def after_windows(overload: Overload, count: int, *, drained: bool, now: float = 0.0) -> float:
    """Let so many windows pass; the time after them."""
    for _ in range(count):
        overload.drained = drained
        now += STEP
        overload.look(now)
    return now


def test_nothing_is_shed_at_first_nor_after_one_full_window() -> None:
    overload = Overload(0.0)
    assert not overload.sheds(INVITE)
    after_windows(overload, 1, drained=False)
    assert overload.share == 0.0


def test_a_buffer_that_stands_full_raises_the_share_step_by_step_to_a_bound() -> None:
    overload = Overload(0.0)
    now = after_windows(overload, 2, drained=False)
    assert overload.share == INCREASE
    now = after_windows(overload, 1, drained=False, now=now)
    assert overload.share == 2 * INCREASE
    after_windows(overload, 50, drained=False, now=now)
    assert overload.share == MOST


def test_one_empty_buffer_in_a_window_begins_the_way_back() -> None:
    overload = Overload(0.0)
    now = after_windows(overload, 3, drained=False)
    now = after_windows(overload, 1, drained=True, now=now)
    assert overload.share == pytest.approx(2 * INCREASE - DECREASE)
    now = after_windows(overload, 1, drained=False, now=now)
    assert overload.share == pytest.approx(2 * INCREASE - DECREASE), "it takes patience again"
    after_windows(overload, 100, drained=True, now=now)
    assert overload.share == 0.0


def test_a_quiet_time_counts_by_its_length() -> None:
    overload = Overload(0.0)
    now = after_windows(overload, 3, drained=False)
    overload.drained = True
    overload.look(now + 60)
    assert overload.share == 0.0


def test_within_a_window_nothing_changes() -> None:
    overload = Overload(0.0)
    for _ in range(100):
        overload.drained = False
        overload.look(WINDOW / 2)
    assert overload.share == 0.0


def test_as_many_invites_are_shed_as_the_share_says_and_nothing_else() -> None:
    overload = Overload(0.0)
    overload.share = 0.25
    assert sum(overload.sheds(INVITE) for _ in range(1000)) == 250
    others = (b"ACK sip:", b"BYE sip:", b"CANCEL sip:", b"REGISTER sip:", b"SIP/2.0 200 OK")
    overload.share = MOST
    assert not any(overload.sheds(data) for data in others * 10)

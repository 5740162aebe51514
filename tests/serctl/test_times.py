from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from serctl import times

NOON = 1_700_049_600.0
"""2023-11-15 12:00:00 UTC."""


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("10m", 600), ("10min", 600), ("1h30m", 5400), ("2d", 172800), ("1.5s", 1.5)],
)
def test_durations(text: str, seconds: float) -> None:
    assert times.read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "ten", "-5", "5 m", "10x", "m", "1h!"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 90, 10m or 1h30m"):
        times.read_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.4, "0 s"), (59.6, "1 min"), (61, "1 min 1 s"), (3300, "55 min"),
        (3605, "1 h"), (90061, "1 d 1 h"), (-75, "1 min 15 s"),
    ],
)  # fmt: skip
def test_a_span_has_two_units_at_most(seconds: float, text: str) -> None:
    assert times.span(seconds) == text


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (3300, "in 55 min"),
        (-3, "3 s ago"),
        (0.2, "now"),
        (-0.4, "now"),
        (59, "in 59 s"),
        (597, "in 10 min"),
        (-3597, "1 h ago"),
        (5000, "in 1 h 23 min"),
        (90_000, "in 1 d 1 h"),
    ],
)
def test_relative(distance: float, text: str) -> None:
    assert times.relative(NOON + distance, NOON) == text


def test_a_time_of_today_needs_no_date() -> None:
    assert times.both(NOON + 3300, NOON) == "13:55:00 (in 55 min)"


def test_a_time_of_another_day_does() -> None:
    assert times.both(NOON + 86400, NOON) == "2023-11-16 13:00:00 (in 1 d)"


def test_times_for_programs_tell_their_zone() -> None:
    assert times.iso(NOON) == "2023-11-15T13:00:00+01:00"
    assert times.iso(NOON + 0.092, "milliseconds") == "2023-11-15T13:00:00.092+01:00"


def test_a_stamp_is_that_of_the_log() -> None:
    assert times.stamp(NOON + 0.0921) == "2023-11-15 13:00:00.092"


@pytest.mark.parametrize("epoch", [1e18, -1e18, float("inf")])
def test_what_no_calendar_reaches_stays_a_number(epoch: float) -> None:
    assert times.iso(epoch) == times.clock(epoch, NOON) == f"{epoch:.0f}"

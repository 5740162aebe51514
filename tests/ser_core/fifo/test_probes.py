from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.fifo.probes import (
    RoundTrips,
    Tally,
    milliseconds,
)
from tests.support.probes import JOE


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0001234, "0.123"), (0.001234, "1.23"), (0.01234, "12.3"), (0.1234, "123"), (1.5, "1500")],
)
def test_a_long_time_has_fewer_digits(seconds: float, shown: str) -> None:
    assert milliseconds(seconds) == shown


def test_nothing_sent_is_nothing_lost() -> None:
    assert Tally(JOE).loss == 0


@given(st.lists(st.floats(0, 100), min_size=1))
def test_times_are_summed_up_without_keeping_them(seconds: list[float]) -> None:
    times = RoundTrips()
    for each in seconds:
        times.add(each)
    assert times.lowest == min(seconds)
    assert times.highest == max(seconds)
    assert times.average == pytest.approx(statistics.fmean(seconds))
    assert times.deviation == pytest.approx(statistics.pstdev(seconds), abs=1e-6)


def test_no_times_deviate_by_nothing() -> None:
    assert RoundTrips().deviation == 0

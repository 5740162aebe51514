from __future__ import annotations

from serctl.readings import Number
from serctl.trends import Trends


def counter(value: int) -> Number:
    return Number("s", "Total", value)


def gauge(value: int) -> Number:
    return Number("s", "Current", value)


def test_a_counter_has_a_rate_from_the_second_cycle_on() -> None:
    trends = Trends()
    [first] = trends.add([counter(10)], 100.0)
    [second] = trends.add([counter(16)], 102.0)
    assert (first.rate, first.history) == (None, ())
    assert (second.rate, second.history) == (3.0, (3.0,))


def test_a_gauge_has_a_history_of_values() -> None:
    trends = Trends()
    trends.add([gauge(5)], 0)
    [second] = trends.add([gauge(2)], 1)
    assert (second.rate, second.history) == (None, (5, 2))


def test_only_the_last_cycles_are_kept() -> None:
    trends = Trends(kept=3)
    for cycle in range(9):
        [trend] = trends.add([gauge(cycle)], cycle)
    assert trend.history == (6, 7, 8)


def test_a_counter_that_goes_back_begins_anew() -> None:
    trends = Trends()
    trends.add([counter(10), gauge(1)], 0)
    trends.add([counter(20), gauge(2)], 1)
    fresh, level = trends.add([counter(3), gauge(0)], 2)
    assert (fresh.rate, fresh.history) == (None, ())
    assert level.history == (0,)


def test_a_clock_that_stands_still_gives_no_rate() -> None:
    trends = Trends()
    trends.add([counter(1)], 5)
    [trend] = trends.add([counter(2)], 5)
    assert trend.rate is None


def test_a_number_may_come_later() -> None:
    trends = Trends()
    trends.add([], 0)
    [trend] = trends.add([counter(7)], 1)
    assert trend.rate is None

"""The core's own counters."""

from __future__ import annotations

from ser_core.transport.driver_counters import DriverCounters


def test_all_counters_have_names_of_their_own_and_say_what_they_count() -> None:
    counters = DriverCounters().all()
    assert len({counter.name for counter in counters}) == len(counters) > 4
    assert all(counter.doc for counter in counters)
    assert {counter.name.partition(".")[0] for counter in counters} == {"core", "received", "sent"}

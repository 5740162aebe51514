from __future__ import annotations

from ser_core.database.counters import DatabaseCounters


def test_gauges_begin_at_nothing_whatever_a_dead_process_has_left_in_the_row() -> None:
    counters = DatabaseCounters()
    counters.waiting.add(3)
    counters.down.add(1)
    counters.queries.add(7)
    counters.start_anew()
    assert (counters.waiting.value, counters.down.value, counters.queries.value) == (0, 0, 7)


def test_all_of_them_have_names_of_their_own() -> None:
    names = [each.name for each in DatabaseCounters().all()]
    assert names == [
        "database.queries",
        "database.failures",
        "database.waiting",
        "database.down",
    ]

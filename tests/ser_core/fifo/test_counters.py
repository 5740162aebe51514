from __future__ import annotations

from ser_core.fifo.counters import FifoCounters


def test_each_counter_has_the_name_of_its_attribute_and_a_text() -> None:
    counters = FifoCounters()
    assert [each.name for each in counters.all()] == [f"fifo.{name}" for name in vars(counters)]
    assert all(each.doc for each in counters.all())

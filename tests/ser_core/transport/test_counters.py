from __future__ import annotations

import re
from pathlib import Path

from ser_core.transport import counters as counters_file
from ser_core.transport.counters import TransportCounters


def test_each_counter_is_an_attribute_with_a_name_and_a_text() -> None:
    counters = TransportCounters()
    for counter in counters.all:
        assert getattr(counters, counter.name.removeprefix("transport.")) is counter
        assert counter.doc


def test_each_counter_is_declared_for_the_type_checker_and_used() -> None:
    folder = Path(counters_file.__file__).parent
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    for counter in TransportCounters().all:
        name = counter.name.removeprefix("transport.")
        assert f"{name}: Counter" in text
        assert re.search(rf"{name}\.add\(", text), f"{name} is never counted"


def test_two_sets_count_apart() -> None:
    first, second = TransportCounters(), TransportCounters()
    first.udp_sent.add()
    assert (first.udp_sent.value, second.udp_sent.value) == (1, 0)

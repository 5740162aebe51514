from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.modules.pike import shared_counts
from ser_core.modules.pike.shared_counts import MOST, SharedCounts

KEY = b"k" * 32


@pytest.fixture
def counts(tmp_path: Path) -> SharedCounts:
    return SharedCounts(str(tmp_path / "pike"), KEY)


def test_an_address_counts_in_its_unit_and_the_next(counts: SharedCounts) -> None:
    assert [counts.add("192.0.2.1", 7) for _ in range(3)] == [1, 2, 3]
    assert counts.add("192.0.2.2", 7) == 1
    assert counts.add("192.0.2.1", 8) == 3
    assert counts.add("192.0.2.1", 9) == 1
    assert counts.add("192.0.2.1", 11) == 1
    counts.close()


def test_units_may_begin_anew(counts: SharedCounts) -> None:
    assert counts.add("192.0.2.1", 1 << 32) == 1
    assert counts.add("192.0.2.1", 1 << 32) == 2
    counts.close()


def test_processes_count_together(tmp_path: Path) -> None:
    path = str(tmp_path / "pike")
    one, other = SharedCounts(path, KEY), SharedCounts(path, KEY)
    assert one.add("192.0.2.1", 1) == 1
    assert other.add("192.0.2.1", 1) == 2
    one.close()
    again = SharedCounts(path, KEY)
    assert again.add("192.0.2.1", 1) == 3
    for each in (other, again):
        each.close()


def test_a_count_ends_at_its_most(counts: SharedCounts) -> None:
    for _ in range(MOST + 5):
        last = counts.add("192.0.2.1", 1)
    assert last == MOST
    counts.close()


def test_others_are_not_taken_for_one_that_floods(counts: SharedCounts) -> None:
    for _ in range(100):
        counts.add("203.0.113.7", 1)
    innocent = [counts.add(f"10.0.{i}.{j}", 1) for i in range(40) for j in range(100)]
    assert sum(count > 30 for count in innocent) == 0
    counts.close()


def test_what_is_remembered_of_addresses_has_a_bound(
    counts: SharedCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "_CACHED", 10)
    for number in range(35):
        counts.add(f"192.0.2.{number}", 1)
    assert len(counts._places) <= 10
    assert counts.add("192.0.2.0", 1) == 2
    counts.close()

"""The expiry of one table; `test_location` has what all stores do of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest

from ser_core.modules.usrloc.expiry import RECORDS_PER_SLICE
from ser_core.registrar import lmdb_expiry
from ser_core.registrar.bindings import permanent
from ser_core.registrar.lmdb_file import LmdbFile
from ser_core.registrar.lmdb_table import TIME
from ser_core.registrar.location import Expired, Totals
from tests.support.one_table import OneTable
from tests.support.registrar import START, binding

JOE = b"joe"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[OneTable]:
    file = LmdbFile.open(str(tmp_path / "location.lmdb"), map_size=1 << 28)
    yield OneTable(file)
    file.close()


def expire(one: OneTable, now: float, limit: int = 100) -> tuple[int, list[Expired]]:
    with one.file.writing(one.table.records) as txn:
        return lmdb_expiry.expire(txn, one.table, now, limit)


def is_due(one: OneTable, now: float) -> bool:
    with one.file.reading() as txn:
        return lmdb_expiry.is_due(txn, one.table, now)


def test_what_is_due_is_told_by_a_look_at_the_first_entry(one: OneTable) -> None:
    assert not is_due(one, START)
    one.put(JOE, binding(expires_at=START + 10))
    one.put(b"ann", binding(expires_at=START + 20))
    assert not is_due(one, START + 9.9)
    assert is_due(one, START + 10)


def test_what_is_over_goes_and_the_rest_gets_its_own_time(one: OneTable) -> None:
    early, late = binding(b"sip:a@h", expires_at=START + 10), binding(expires_at=START + 20)
    one.put(JOE, early, late, permanent(b"sip:b@h", START))
    assert expire(one, START + 10) == (1, [Expired("location", JOE, early)])
    assert one.read(JOE) == [late, permanent(b"sip:b@h", START)]
    assert one.due() == [(START + 20, JOE)]
    assert one.totals() == Totals(1, 2, 1)


def test_an_entry_that_a_refresh_has_left_behind_moves_on(one: OneTable) -> None:
    one.put(JOE, binding(expires_at=START + 10))
    one.put(JOE, binding(expires_at=START + 20))
    assert expire(one, START + 10) == (1, [])
    assert one.due() == [(START + 20, JOE)]
    assert expire(one, START + 19) == (0, [])


def test_a_record_whose_entry_only_moves_on_is_not_marked(one: OneTable) -> None:
    """Nothing has changed that a database would have to know."""
    one.put(JOE, binding(expires_at=START + 10))
    one.put(JOE, binding(expires_at=START + 20))
    one.tables.mark_changes("location")
    expire(one, START + 10)
    assert one.snapshots(JOE) == []
    expire(one, START + 20)
    assert [x.bindings for x in one.snapshots(JOE)] == [[]]


def test_an_entry_without_its_record_goes(one: OneTable) -> None:
    with one.file.writing() as txn:
        one.table.due(txn).put(TIME.pack(START) + JOE, b"")
    assert expire(one, START) == (1, [])
    assert one.due() == []


def test_no_more_records_are_looked_at_than_asked_for(one: OneTable) -> None:
    for number in range(5):
        one.put(b"%d" % number, binding(expires_at=START + number))
    assert [expired.aor for expired in expire(one, START + 9, 3)[1]] == [b"0", b"1", b"2"]
    assert len(expire(one, START + 9, 3)[1]) == 2


def test_an_expiry_that_is_broken_off_has_removed_nothing(one: OneTable) -> None:
    one.put(JOE, binding(expires_at=START))

    def fails() -> None:
        with one.file.begin(one.table.records, None, True) as txn:
            lmdb_expiry.expire(txn, one.table, START, 9)
            raise lmdb.MapFullError("full")

    with pytest.raises(lmdb.MapFullError):
        fails()
    assert one.read(JOE) == [binding(expires_at=START)]
    assert one.due() == [(START, JOE)]


def test_100000_that_expire_at_once_hold_nobody_up(one: OneTable) -> None:
    with one.file.writing(one.table.records) as txn:
        for number in range(100_000):
            one.table.change(
                txn, b"user%d" % number, lambda stored: [*stored, binding(expires_at=START)]
            )
    longest, looked_at = 0.0, RECORDS_PER_SLICE
    while looked_at == RECORDS_PER_SLICE:
        began = time.thread_time()
        looked_at, _ = expire(one, START, RECORDS_PER_SLICE)
        longest = max(longest, time.thread_time() - began)
    assert longest < 0.05
    assert one.totals() == Totals(0, 0, 100_000)

"""How a record, its place in DOMAIN/due and the totals change together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.registrar.bindings import permanent
from ser_core.registrar.lmdb_file import LmdbFile
from ser_core.registrar.lmdb_records import read_record
from ser_core.registrar.location import Binding, LocationError, Totals
from tests.support.one_table import OneTable
from tests.support.registrar import START, binding

JOE = b"joe"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[OneTable]:
    file = LmdbFile.open(str(tmp_path / "location.lmdb"), map_size=1 << 26)
    yield OneTable(file)
    file.close()


def test_what_is_stored_is_read_and_who_is_not_there_has_no_bindings(one: OneTable) -> None:
    one.put(JOE, binding())
    assert one.read(JOE) == [binding()]
    assert one.read(b"ann") == []


def test_a_refresh_leaves_the_entry_where_it_is(one: OneTable) -> None:
    one.put(JOE, binding(expires_at=START + 10))
    one.put(JOE, binding(expires_at=START + 20))
    assert one.due() == [(START + 10, JOE)]
    with one.file.reading(one.table.records) as txn:
        assert read_record(txn.get(JOE, b"")).due == START + 10


def test_an_earlier_time_moves_the_entry(one: OneTable) -> None:
    one.put(JOE, binding(expires_at=START + 20))
    one.put(JOE, binding(expires_at=START + 20), binding(b"sip:a@h", expires_at=START + 10))
    assert one.due() == [(START + 10, JOE)]


def test_who_gets_a_time_gets_an_entry(one: OneTable) -> None:
    one.put(JOE, permanent(b"sip:a@h", START))
    assert one.due() == []
    one.put(JOE, permanent(b"sip:a@h", START), binding(expires_at=START + 10))
    assert one.due() == [(START + 10, JOE)]


def test_whoever_comes_and_goes_leaves_no_entry(one: OneTable) -> None:
    for number in range(50):
        one.put(b"%d" % number, binding(expires_at=START + number))
        one.put(b"%d" % number)
    one.put(b"ann", binding())
    one.put(b"ann", permanent(b"sip:a@h", START))
    assert one.due() == []


def test_totals_follow_every_change(one: OneTable) -> None:
    one.put(JOE, binding(b"sip:1@h"), binding(b"sip:2@h"))
    one.put(b"ann", binding(b"sip:3@h"))
    assert one.totals() == Totals(2, 3, 0)
    one.put(JOE, binding(b"sip:1@h"))
    one.put(b"ann")
    assert one.totals() == Totals(1, 1, 0)


def test_a_change_that_fails_leaves_nothing_behind(one: OneTable) -> None:
    one.put(JOE, binding())

    def fails(stored: list[Binding]) -> list[Binding]:
        stored.clear()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        one.change(JOE, fails)
    assert one.read(JOE) == [binding()]
    assert len(one.due()) == 1


def test_a_damaged_record_is_a_location_error(one: OneTable) -> None:
    with one.file.writing(one.table.records) as txn:
        txn.put(JOE, b"\xc1")
    with pytest.raises(LocationError, match="damaged"):
        one.read(JOE)
    with pytest.raises(LocationError, match="damaged"):
        one.put(JOE, binding())


@pytest.mark.parametrize("length", [504, 512, 5000])
def test_a_key_that_is_too_long_is_refused_and_nothing_of_it_stays(
    one: OneTable, length: int
) -> None:
    """LMDB takes 511 bytes, of which an entry in DOMAIN/due needs 8 for its time."""
    with pytest.raises(LocationError):
        one.put(b"j" * length, binding())
    assert one.due() == []
    assert one.totals() == Totals(0, 0, 0)


def test_without_marks_there_are_no_snapshots(one: OneTable) -> None:
    one.put(JOE, binding())
    assert one.snapshots(JOE) == []


def test_a_snapshot_has_what_is_marked_and_also_what_has_gone(one: OneTable) -> None:
    one.put(b"early", binding())
    one.tables.mark_changes("location")
    one.put(JOE, binding())
    one.put(b"ann", binding())
    one.put(b"ann")
    found = one.snapshots(b"early", JOE, b"ann", b"nobody")
    assert [(x.mark.aor, x.bindings) for x in found] == [(JOE, [binding()]), (b"ann", [])]


def test_a_registration_takes_less_than_600_bytes(one: OneTable) -> None:
    users = random.Random(1).sample(range(20_000), 20_000)
    for seconds, number in enumerate(users):
        contact = Binding(
            b"sip:user%d@10.0.0.1:5062;transport=udp" % number,
            START + seconds / 10,
            -1,
            b"%032d" % number,
            number,
            b"Grandstream GXP2160 1.0.11.6 x",
            b"",
            0,
            START,
        )
        one.put(b"user%d" % number, contact)
    environment = one.file.environment
    pages = environment.info()["last_pgno"] + 1
    assert pages * environment.stat()["psize"] / len(users) < 600

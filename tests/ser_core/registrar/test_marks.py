from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import Binding
from tests.support.registrar import START, binding

TABLE = "location"
JOE = b"joe"


@pytest.fixture
def location(tmp_path: Path) -> Iterator[LmdbLocation]:
    made = LmdbLocation.open(str(tmp_path / "location.mdb"))
    made.mark_changes(TABLE)
    yield made
    made.close()


def store(location: LmdbLocation, aor: bytes, *bindings: Binding) -> None:
    location.update(TABLE, aor, lambda stored: list(bindings))


def marked(location: LmdbLocation) -> list[bytes]:
    return [x.aor for x in location.marked(TABLE, None, 100, location.last_change())]


def test_without_anybody_who_asks_nothing_is_marked(tmp_path: Path) -> None:
    location = LmdbLocation.open(str(tmp_path / "location.mdb"))
    location.add_domain(TABLE)
    store(location, JOE, binding(b"sip:joe@h"))
    assert location.unwritten(TABLE) == 0
    assert not location.is_unwritten(TABLE, JOE)
    assert location.snapshots(TABLE, [JOE]) == []
    assert location.marked(TABLE, None, 10, location.last_change()) == []
    location.close()


def test_a_change_is_marked_and_a_removal_is_a_change(location: LmdbLocation) -> None:
    store(location, JOE, binding(b"sip:joe@h"))
    assert marked(location) == [JOE]
    location.unmark([x.mark for x in location.snapshots(TABLE, [JOE])])
    assert marked(location) == []
    location.delete(TABLE, JOE)
    assert marked(location) == [JOE]
    assert [x.bindings for x in location.snapshots(TABLE, [JOE])] == [[]]


def test_what_changes_nothing_marks_nothing(location: LmdbLocation) -> None:
    location.update(TABLE, JOE, lambda stored: stored)
    assert marked(location) == []


def test_a_mark_of_a_later_change_stays(location: LmdbLocation) -> None:
    store(location, JOE, binding(b"sip:joe@h"))
    (first,) = location.snapshots(TABLE, [JOE])
    store(location, JOE, binding(b"sip:joe@other"))
    location.unmark([first.mark])
    assert location.is_unwritten(TABLE, JOE)


def test_what_has_expired_is_marked(location: LmdbLocation) -> None:
    store(location, JOE, binding(b"sip:joe@h", expires_at=START))
    location.unmark([x.mark for x in location.snapshots(TABLE, [JOE])])
    location.expire(START + 1, 10)
    assert marked(location) == [JOE]


def test_marks_are_found_by_the_time_they_were_made(location: LmdbLocation) -> None:
    store(location, b"early", binding(b"sip:early@h"))
    until = location.last_change()
    store(location, b"late", binding(b"sip:late@h"))
    assert [x.aor for x in location.marked(TABLE, None, 10, until)] == [b"early"]


def test_marks_come_in_pages_and_the_empty_address_is_one_of_them(location: LmdbLocation) -> None:
    for aor in (b"", b"a", b"b"):
        store(location, aor, binding(b"sip:x@h"))
    until = location.last_change()
    first = location.marked(TABLE, None, 2, until)
    assert [x.aor for x in first] == [b"", b"a"]
    assert [x.aor for x in location.marked(TABLE, first[-1].aor, 2, until)] == [b"b"]


def test_another_process_that_opens_the_table_marks_as_well(tmp_path: Path) -> None:
    path = str(tmp_path / "location.mdb")
    first = LmdbLocation.open(path)
    first.mark_changes(TABLE)
    first.close()
    second = LmdbLocation.open(path)
    second.add_domain(TABLE)
    store(second, JOE, binding(b"sip:joe@h"))
    assert marked(second) == [JOE]
    second.close()


def test_what_is_loaded_is_not_marked_and_pieces_of_a_record_are_joined(
    location: LmdbLocation,
) -> None:
    one, two = binding(b"sip:one@h"), binding(b"sip:two@h")
    location.fill(TABLE, [(JOE, [one]), (JOE, [two])], lambda stored, more: stored + more)
    assert location.get(TABLE, JOE) == [one, two]
    assert marked(location) == []
    assert location.totals(TABLE).contacts == 2

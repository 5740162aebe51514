"""Going through a table; `test_location` has what all stores do of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest

from ser_core.registrar.lmdb_file import LmdbFile
from ser_core.registrar.lmdb_pages import go_behind, page, skip
from ser_core.registrar.lmdb_records import EMPTY_AOR, Record, encode
from ser_core.registrar.location import NEVER, Passed
from tests.support.registrar import binding

NAMES = [EMPTY_AOR, b"\x01", b"a", b"a\x00", b"a\x01", b"ab", b"b/c", b"\xff" * 256]


@pytest.fixture
def cursor(tmp_path: Path) -> Iterator[lmdb.Cursor]:
    file = LmdbFile.open(str(tmp_path / "location.lmdb"), map_size=1 << 20)
    with file.writing() as txn:
        for name in NAMES:
            txn.put(name, encode(Record(NEVER, [binding()])))
    with file.reading() as txn:
        yield txn.cursor()
    file.close()


@pytest.mark.parametrize(
    ("aor", "backwards", "found"),
    [
        (None, False, EMPTY_AOR),
        (b"", False, b"\x01"),
        (b"a", False, b"a\x00"),
        (b"a\x00", False, b"a\x01"),
        (b"aa", False, b"ab"),
        (b"ab", False, b"b/c"),
        (b"\xff" * 256, False, None),
        (b"\xff" * 5000, False, None),  # no key is so long, but somebody may ask
        (None, True, b"\xff" * 256),
        (b"\xff" * 5000, True, b"\xff" * 256),
        (b"ab", True, b"a\x01"),
        (b"\x01", True, EMPTY_AOR),
        (b"", True, None),
    ],
)
def test_behind_each_address_of_record_is_the_next_one(
    cursor: lmdb.Cursor, aor: bytes | None, backwards: bool, found: bytes | None
) -> None:
    assert go_behind(cursor, aor, backwards=backwards) == (found is not None)
    if found is not None:
        assert cursor.key() == found


def test_a_page_tells_the_empty_address_of_record_as_such(cursor: lmdb.Cursor) -> None:
    assert page(cursor, None, 1, backwards=False) == [(b"", [binding()])]
    assert page(cursor, b"\x01", 9, backwards=True) == [(b"", [binding()])]


def test_nothing_is_read_when_nothing_is_wanted(cursor: lmdb.Cursor) -> None:
    assert page(cursor, None, 0, backwards=False) == []
    assert skip(cursor, None, 9, 0, backwards=False) == Passed(None, 0)


def test_both_directions_pass_over_the_same_records(cursor: lmdb.Cursor) -> None:
    assert skip(cursor, None, 99, 99, backwards=False) == Passed(b"\xff" * 256, len(NAMES))
    assert skip(cursor, None, 99, 99, backwards=True) == Passed(b"", len(NAMES))

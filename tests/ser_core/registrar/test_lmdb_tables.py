"""Which domains there are, in this process and in others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.registrar.lmdb_file import MAX_DOMAINS, LmdbFile
from ser_core.registrar.lmdb_tables import Tables
from ser_core.registrar.location import LocationError


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "location.lmdb")


@pytest.fixture
def file(path: str) -> Iterator[LmdbFile]:
    opened = LmdbFile.open(path, map_size=1 << 26)
    yield opened
    opened.close()


def test_a_domain_is_there_once_it_has_been_added(file: LmdbFile) -> None:
    tables = Tables(file)
    assert tables.names() == []
    tables.add("location")
    table = tables["location"]
    tables.add("location")
    assert tables["location"] is table
    tables.mark_changes("aliases")
    assert tables.names() == ["aliases", "location"]


def test_a_domain_that_nobody_has_made_is_a_key_error(file: LmdbFile) -> None:
    tables = Tables(file)
    tables.add("location")
    for name in ("elsewhere", "location/due", "#location", ""):
        with pytest.raises(KeyError):
            tables[name]


def test_one_that_another_process_has_made_is_opened_when_it_is_asked_for(file: LmdbFile) -> None:
    """As after a reload with fewer tables, for a process that has been started since."""
    Tables(file).mark_changes("location")
    later = Tables(file)
    assert list(later) == []
    assert later["location"].name == "location"
    assert later["location"].marks is not None


def test_marks_are_made_once(file: LmdbFile) -> None:
    tables = Tables(file)
    tables.add("location")
    assert tables["location"].marks is None
    tables.mark_changes("location")
    marks = tables["location"].marks
    assert marks is not None
    tables.mark_changes("location")
    assert tables["location"].marks is marks


def test_too_many_domains_are_a_location_error(file: LmdbFile) -> None:
    tables = Tables(file)
    for number in range(MAX_DOMAINS):
        tables.mark_changes(f"table{number}")
    with pytest.raises(LocationError, match="DBS_FULL"):
        tables.add("one_more")
    assert "one_more" not in tables.names()
    assert len(tables) == MAX_DOMAINS


def test_a_closed_file_tells_nothing(file: LmdbFile) -> None:
    tables = Tables(file)
    file.close()
    with pytest.raises(LocationError, match="not open"):
        tables["location"]
    with pytest.raises(LocationError, match="not open"):
        tables.names()
    with pytest.raises(LocationError, match="not open"):
        tables.add("location")

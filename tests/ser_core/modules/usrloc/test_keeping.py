from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from ser_core import log
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.modules.usrloc.keeping import Keeping
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.marks import Mark
from ser_core.registrar.rows import Rows
from tests.support.registrar import START, binding

TABLE = "location"


class FakeDatabase:
    """Takes all, unless it has an error to give."""

    def __init__(self) -> None:
        self.is_up = True
        self.error: DatabaseError | None = None
        self.location: LmdbLocation | None = None
        self.works = 0

    def run_plain(
        self, work: Callable[..., list[Mark]], *, timeout: float, writes: bool = False
    ) -> list[Mark]:
        assert timeout < 2
        self.works += 1
        if self.error is not None:
            raise self.error
        assert self.location is not None
        return self.location.marked(TABLE, None, 100, self.location.last_change())

    run = run_plain


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []

    def tell(text: str, *values: object, **_: Any) -> None:
        told.append(text % values)

    monkeypatch.setattr(log, "error", tell)
    monkeypatch.setattr(log, "notice", tell)
    return told


@pytest.fixture
def keeping(tmp_path: Path, database: FakeDatabase) -> Iterator[Keeping]:
    location = LmdbLocation.open(str(tmp_path / "location.mdb"))
    location.mark_changes(TABLE)
    database.location = location
    rows = {TABLE: Rows(TABLE)}
    yield Keeping(database, location, rows, lambda: START)  # type: ignore[arg-type]  # as much as it needs
    location.close()


def store(keeping: Keeping, user: bytes) -> None:
    keeping.location.update(TABLE, user, lambda stored: [binding(b"sip:%b@h" % user)])


def test_who_has_registered_waits_until_it_is_written(
    keeping: Keeping, database: FakeDatabase
) -> None:
    store(keeping, b"joe")
    keeping.wait_until_written(TABLE, b"joe")
    assert keeping.persistence.unwritten() == 0
    keeping.wait_until_written(TABLE, b"joe")
    assert database.works == 1


def test_nobody_waits_for_a_database_that_is_down(keeping: Keeping, database: FakeDatabase) -> None:
    database.is_up = False
    store(keeping, b"joe")
    assert keeping.wait_until_written(TABLE, b"joe")
    assert database.works == 0
    assert keeping.persistence.unwritten() == 1


def test_what_is_not_known_in_time_is_said_so(
    keeping: Keeping, database: FakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "run_plain", lambda *_, **__: gevent.sleep(5))
    store(keeping, b"joe")
    assert not keeping.wait_until_written(TABLE, b"joe", 0.01)


def test_a_database_that_is_away_at_the_start_is_told(
    keeping: Keeping, database: FakeDatabase, lines: list[str]
) -> None:
    database.error = DatabaseDown("away")
    keeping.warm_up()
    assert len(lines) == 1


def test_going_away_and_coming_back_is_told_once_each(
    keeping: Keeping, database: FakeDatabase, lines: list[str]
) -> None:
    database.error = DatabaseDown("disk full")
    for user in (b"joe", b"ann"):
        store(keeping, user)
        keeping.wait_until_written(TABLE, user)
    assert lines == [
        "usrloc: registrations are in memory only until they can be written: disk full"
    ]
    database.error = None
    assert keeping.write([(TABLE, b"joe"), (TABLE, b"ann")])
    assert keeping.write([])
    assert lines[1:] == ["usrloc: the database takes registrations again"]
    assert keeping.persistence.unwritten() == 0

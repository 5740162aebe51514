from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ser_core.database.engine import make_engine
from ser_core.database.jobs import Job
from ser_core.database.schema import prepare
from ser_core.database.url import DatabaseUrl
from ser_core.registrar import statements
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.loading import MAX_TOLD, Loading
from ser_core.registrar.location import Binding
from ser_core.registrar.rows import Rows
from tests.support.registrar import START, binding


@pytest.fixture
def engine(database_url: DatabaseUrl) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def location(tmp_path: Path) -> Iterator[LmdbLocation]:
    made = LmdbLocation.open(str(tmp_path / "location.mdb"))
    made.mark_changes("location")
    yield made
    made.close()


def write(engine: Engine, records: dict[bytes, list[Binding]]) -> None:
    rows = Rows("location")
    Job(lambda c: statements.replace(c, rows, records, START), writes=True).carry_out(engine)


def load(engine: Engine, location: LmdbLocation) -> list[str]:
    told: list[str] = []
    loading = Loading(
        location, Rows("location"), lambda level, line: told.append(line), desc_time_order=False
    )
    Job(lambda c: loading.load(c, START), writes=True).carry_out(engine)
    return told


def test_all_that_is_valid_is_loaded_and_not_marked(engine: Engine, location: LmdbLocation) -> None:
    records = {b"u%d" % x: [binding(b"sip:%d@h" % x), binding(b"sip:b@h")] for x in range(50)}
    write(engine, records)
    assert load(engine, location) == []
    assert {aor: location.get("location", aor) for aor in records} == records
    assert location.unwritten("location") == 0


def test_a_hundred_thousand_take_less_than_three_seconds(
    tmp_path: Path, location: LmdbLocation
) -> None:
    engine = make_engine(DatabaseUrl.parse(f"sqlite:///{tmp_path}/many.db"))
    prepare(engine)
    some = 20_000
    write(engine, {b"u%05d" % x: [binding(b"sip:u%05d@192.0.2.1" % x)] for x in range(some)})
    begun = time.process_time()  # not the clock: whatever else goes on, this is ours
    load(engine, location)
    assert (time.process_time() - begun) * (100_000 / some) < 3
    assert location.totals("location").contacts == some
    engine.dispose()


def test_what_has_expired_is_removed_not_loaded(engine: Engine, location: LmdbLocation) -> None:
    write(engine, {b"joe": [binding(b"sip:joe@h", expires_at=START - 1)]})
    assert load(engine, location) == ["location: 1 rows had expired, removed"]
    assert location.get("location", b"joe") == []
    assert load(engine, location) == []


def test_a_row_that_makes_no_sense_is_told_and_keeps_no_other_back(
    engine: Engine, location: LmdbLocation
) -> None:
    write(engine, {b"ann": [binding(b"sip:ann@h")], b"joe": [binding(b"sip:joe@h")]})
    with engine.begin() as connection:
        connection.execute(text("UPDATE location SET contact = '' WHERE username = 'ann'"))
    (line,) = load(engine, location)
    assert "(ann) is left out: its contact is no URI" in line
    assert location.get("location", b"ann") == []
    assert location.get("location", b"joe") == [binding(b"sip:joe@h")]


def test_of_many_bad_rows_some_are_told(engine: Engine, location: LmdbLocation) -> None:
    write(engine, {b"u%d" % x: [binding(b"sip:u@h")] for x in range(MAX_TOLD + 5)})
    with engine.begin() as connection:
        connection.execute(text("UPDATE location SET contact = 'a b'"))
    told = load(engine, location)
    assert len(told) == MAX_TOLD + 1
    assert told[-1] == "location: 5 more rows make no sense, left out"


@pytest.mark.parametrize("column", ["expires", "q", "cseq", "flags", "since"])
def test_sqlite_may_hold_anything_anywhere(
    databases: object, location: LmdbLocation, column: str
) -> None:
    url = databases.empty("sqlite")  # type: ignore[attr-defined]  # the fixture of tests.support
    engine = make_engine(url)
    prepare(engine)
    write(engine, {b"ann": [binding(b"sip:ann@h")], b"joe": [binding(b"sip:joe@h")]})
    with engine.begin() as connection:
        connection.execute(
            text(f"UPDATE location SET {column} = CAST(x'ff7a' AS TEXT) WHERE username = 'ann'")
        )
    assert len(load(engine, location)) == 1
    assert location.get("location", b"joe") == [binding(b"sip:joe@h")]
    engine.dispose()

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from ser_core.database.engine import make_engine
from ser_core.database.url import DatabaseUrl
from ser_core.errors import SerError
from ser_core.modules.usrloc import errands
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.rows import Rows
from tests.support.ports import free_port
from tests.support.registrar import binding

FAR = 4_000_000_000.0
"""Loading looks at the real clock."""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "location.mdb")


@pytest.fixture
def rows() -> dict[str, Rows]:
    return {"location": Rows("location"), "own": Rows("own", {"username": "user"})}


@pytest.fixture
def away() -> DatabaseUrl:
    return DatabaseUrl.parse(f"postgresql://ser:heslo@127.0.0.1:{free_port()}/ser")


def store(path: str, user: bytes, *tables: str) -> None:
    location = LmdbLocation.open(path)
    for table in tables:
        location.add_domain(table)
        location.update(table, user, lambda stored: [binding(b"sip:%b@h" % user, expires_at=FAR)])
    location.close()


def load(path: str, url: DatabaseUrl, rows: dict[str, Rows]) -> None:
    errands.prepare(url, rows)
    errands.load(path, url, rows, desc_time_order=False)


def test_what_was_written_at_the_end_is_there_at_the_next_start(
    tmp_path: Path, path: str, database_url: DatabaseUrl, rows: dict[str, Rows]
) -> None:
    load(path, database_url, rows)
    store(path, b"joe", "location", "own")
    errands.flush(path, database_url, rows)
    again = str(tmp_path / "again.mdb")
    load(again, database_url, rows)
    location = LmdbLocation.open(again)
    for table in rows:
        location.add_domain(table)
        assert location.get(table, b"joe") == [binding(b"sip:joe@h", expires_at=FAR)]
        assert location.unwritten(table) == 0
    location.close()


def test_a_table_that_is_new_has_the_columns_that_ser_cfg_names(
    path: str, database_url: DatabaseUrl, rows: dict[str, Rows]
) -> None:
    load(path, database_url, rows)
    store(path, b"joe", "own")
    errands.flush(path, database_url, rows)
    engine = make_engine(database_url)
    with engine.connect() as connection:
        columns = {x["name"] for x in inspect(connection).get_columns("own")}
        contact = connection.execute(text("SELECT contact FROM own")).scalar()
    engine.dispose()
    assert contact == "sip:joe@h"
    assert "user" in columns
    assert "username" not in columns


def test_a_rehearsal_finds_what_loading_would_fail_at_and_changes_nothing(
    path: str, database_url: DatabaseUrl, rows: dict[str, Rows]
) -> None:
    errands.rehearse(database_url, rows)
    load(path, database_url, rows)
    errands.rehearse(database_url, rows)
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE own"))
        connection.execute(text("CREATE TABLE own (username VARCHAR(20))"))
    engine.dispose()
    with pytest.raises(SerError, match=r"usrloc: registrations can't be loaded from"):
        errands.rehearse(database_url, rows)


def test_without_a_database_there_is_no_start(
    path: str, away: DatabaseUrl, rows: dict[str, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "START_SECONDS", 0.1)
    with pytest.raises(SerError, match=r"usrloc: database postgresql://.* can't be used") as told:
        errands.prepare(away, rows)
    assert "heslo" not in str(told.value)


def test_what_cannot_be_written_at_the_end_is_told(
    path: str, away: DatabaseUrl, rows: dict[str, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "END_SECONDS", 0.3)
    location = LmdbLocation.open(path)
    location.mark_changes("location")
    location.close()
    store(path, b"joe", "location")
    with pytest.raises(SerError, match=r"usrloc: 1 registration is lost, postgresql://"):
        errands.flush(path, away, {"location": rows["location"]})


def test_work_that_takes_too_long_is_torn_off(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    begun = threading.Event()

    def work(connection: object) -> list[object]:
        begun.set()
        statement = {
            "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
            "SELECT count(*) FROM n",
            "postgresql": "SELECT pg_sleep(20)",
            "mysql": "SELECT SLEEP(20)",
        }[engine.dialect.name]
        connection.execute(text(statement))  # type: ignore[attr-defined]  # a Connection
        return []

    with pytest.raises(SerError):
        errands.blocking(engine, 0.2)(work)  # type: ignore[arg-type]
    assert begun.is_set()
    engine.dispose()


def test_nothing_to_write_asks_no_database(
    path: str, away: DatabaseUrl, rows: dict[str, Rows]
) -> None:
    location = LmdbLocation.open(path)
    location.mark_changes("location")
    location.close()
    errands.flush(path, away, {"location": rows["location"]})

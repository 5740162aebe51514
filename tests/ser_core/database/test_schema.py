from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, inspect, select, text, update

from ser_core.database import schema, tables
from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown, DatabaseError, SchemaError
from ser_core.database.url import DatabaseUrl


def versions(engine: Engine) -> dict[str, int]:
    column = tables.version.c
    with engine.connect() as connection:
        rows = connection.execute(select(column.table_name, column.table_version)).all()
    return {row[0]: row[1] for row in rows}


def test_an_empty_database_gets_all_tables_with_sers_version_numbers(
    empty_database_url: DatabaseUrl,
) -> None:
    engine = make_engine(empty_database_url)
    schema.prepare(engine)
    assert set(inspect(engine).get_table_names()) == set(tables.metadata.tables)
    assert versions(engine) == {**tables.VERSIONS, "schema": schema.NEWEST}
    schema.prepare(engine)  # nothing is left to do
    engine.dispose()


def test_several_processes_that_start_at_once_make_the_tables_once(
    empty_database_url: DatabaseUrl,
) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            schema.prepare_patiently(empty_database_url)
        except DatabaseError as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    engine = make_engine(empty_database_url)
    assert versions(engine)["schema"] == schema.NEWEST
    engine.dispose()


def test_a_newer_database_is_refused_with_a_clear_word_and_left_alone(
    database_url: DatabaseUrl,
) -> None:
    engine = make_engine(database_url)
    column = tables.version.c
    ours = update(tables.version).where(column.table_name == schema.SCHEMA)
    with engine.begin() as connection:
        connection.execute(ours.values(table_version=schema.NEWEST + 1))
    with pytest.raises(SchemaError, match="the database is newer than this ser: its schema is"):
        schema.prepare(engine)
    with pytest.raises(SchemaError):
        schema.prepare_patiently(database_url)
    assert versions(engine)["schema"] == schema.NEWEST + 1
    with engine.begin() as connection:  # others get this database next
        connection.execute(ours.values(table_version=schema.NEWEST))
    engine.dispose()


def test_a_database_that_isnt_there_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    naps: list[float] = []
    with pytest.raises(DatabaseDown, match="cannot make"):
        schema.prepare_patiently(
            DatabaseUrl("sqlite", str(tmp_path / "file" / "ser.db")), -1, naps.append
        )
    assert not naps


def test_a_database_that_comes_up_meanwhile_is_taken(tmp_path: Path) -> None:
    (tmp_path / "place").touch()

    def nap(seconds: float) -> None:
        (tmp_path / "place").unlink()

    url = DatabaseUrl("sqlite", str(tmp_path / "place" / "ser.db"))
    schema.prepare_patiently(url, 5, nap)
    assert url.file is not None
    assert url.file.exists()


def test_a_row_of_version_that_ser_wrote_stays(empty_database_url: DatabaseUrl) -> None:
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE version (table_name VARCHAR(64), table_version SMALLINT)")
        )
        connection.execute(insert(tables.version).values(table_name="silo", table_version=3))
        connection.execute(insert(tables.version).values(table_name="location", table_version=5))
    schema.prepare(engine)
    assert versions(engine)["silo"] == 3
    assert versions(engine)["location"] == 5
    assert versions(engine)["schema"] == schema.NEWEST
    engine.dispose()

"""Looking whether a database could be used changes nothing and finds what a start would."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from ser_core.database import tables
from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown, DatabaseError, SchemaError
from ser_core.database.rehearsal import PAUSE, rehearse
from ser_core.database.schema import NEWEST, SCHEMA, prepare
from ser_core.database.tables import location_table
from ser_core.database.url import DatabaseUrl
from tests.support.databases import PASSWORD, Databases, missing
from tests.support.ports import free_port

OWN = location_table("own_location")


def run(url: DatabaseUrl, *statements: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def tables_in(url: DatabaseUrl) -> set[str]:
    engine = make_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_one_with_our_tables_will_do(database_url: DatabaseUrl) -> None:
    before = tables_in(database_url)
    rehearse(database_url, [tables.location, OWN])
    assert tables_in(database_url) == before


def test_an_empty_one_will_do_and_stays_empty(empty_database_url: DatabaseUrl) -> None:
    rehearse(empty_database_url, [tables.location])
    if empty_database_url.file is None:
        assert tables_in(empty_database_url) == set()
    else:
        assert not empty_database_url.file.exists()


def test_one_that_is_newer_will_not(database_url: DatabaseUrl) -> None:
    column = tables.version.c
    change = f"UPDATE version SET {column.table_version.name} = {{}} WHERE table_name = '{SCHEMA}'"
    run(database_url, change.format(1000))
    try:
        with pytest.raises(SchemaError, match="newer than this ser"):
            rehearse(database_url)
    finally:
        run(database_url, change.format(NEWEST))


@pytest.mark.skipif(bool(missing("postgresql")), reason=missing("postgresql"))
def test_one_in_which_we_may_make_no_tables_will_not_as_long_as_they_are_missing(
    databases: Databases,
) -> None:
    owner = databases.empty("postgresql")
    name = f"guest_{owner.name}"
    guest = replace(owner, user=name)
    run(owner, f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    try:
        with pytest.raises(DatabaseError, match=f"the user {name} may not"):
            rehearse(guest)
        engine = make_engine(owner)
        prepare(engine)
        engine.dispose()
        run(owner, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
        rehearse(guest)
        with pytest.raises(DatabaseError, match="permission denied for table location"):
            rehearse(guest, [tables.location])
    finally:
        run(owner, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_one_whose_table_is_another_will_not(tmp_path: Path) -> None:
    url = DatabaseUrl.parse(f"sqlite:///{tmp_path}/ser.db")
    engine = make_engine(url)
    prepare(engine)
    engine.dispose()
    run(url, "CREATE TABLE own_location (username TEXT)")
    with pytest.raises(SchemaError, match="the tables aren't those of ser"):
        rehearse(url, [OWN])


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_one_that_is_away_is_waited_for_but_not_for_ever(scheme: str) -> None:
    url = DatabaseUrl.parse(f"{scheme}://ser:heslo@127.0.0.1:{free_port()}/ser")
    pauses: list[float] = []
    with pytest.raises(DatabaseDown, match="refused") as told:
        rehearse(url, seconds=3 * PAUSE, clock=lambda: sum(pauses), sleep=pauses.append)
    assert pauses == [PAUSE] * 4
    assert "heslo" not in str(told.value)


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseDown, match=r"cannot make .*/file/ser.db: no permission"):
        rehearse(DatabaseUrl.parse(f"sqlite:///{tmp_path}/file/ser.db"))
    rehearse(DatabaseUrl.parse(f"sqlite:///{tmp_path}/new/directory/ser.db"))
    assert os.listdir(tmp_path) == ["file"]

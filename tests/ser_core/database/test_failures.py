from __future__ import annotations

import sqlite3
from pathlib import Path
from unittest.mock import Mock

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from ser_core.database import tables
from ser_core.database.engine import make_engine
from ser_core.database.errors import (
    DatabaseDown,
    DatabaseError,
    NoSuchCharacters,
    SchemaError,
)
from ser_core.database.failures import is_down, is_locked, is_lost, translated
from ser_core.database.url import DatabaseUrl


def error_of(url: DatabaseUrl, *statements: str) -> SQLAlchemyError:
    """What the last of some statements raises."""
    engine = make_engine(url)
    with engine.connect() as connection:
        for statement in statements[:-1]:
            connection.execute(text(statement))
        with pytest.raises(SQLAlchemyError) as caught:
            connection.execute(text(statements[-1]))
    engine.dispose()
    return caught.value


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT absent FROM subscriber",
        "SELECT * FROM absent",
        "INSERT INTO grp (absent) VALUES (1)",
    ],
)
def test_what_isnt_there_is_the_schemas_fault(database_url: DatabaseUrl, statement: str) -> None:
    error = translated(error_of(database_url, statement))
    assert type(error) is SchemaError
    assert "absent" in str(error)


def test_a_statement_that_cant_be_read_is_an_error_but_not_a_down(
    database_url: DatabaseUrl,
) -> None:
    assert type(translated(error_of(database_url, "SELEKT 1"))) is DatabaseError


def test_a_row_that_is_there_already_is_an_error_but_not_a_down(database_url: DatabaseUrl) -> None:
    insert = "INSERT INTO domain (domain) VALUES ('x')"
    error = translated(error_of(database_url, insert, insert))
    assert type(error) is DatabaseError


def test_a_connection_that_is_lost_within_a_transaction_is_a_down(
    database_url: DatabaseUrl,
) -> None:
    """The second statement is refused by SQLAlchemy, before it gets to the driver."""
    engine = make_engine(database_url)
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.invalidate()
        with pytest.raises(SQLAlchemyError) as caught:
            connection.execute(text("SELECT 1"))
        transaction.rollback()
    engine.dispose()
    assert is_lost(caught.value)
    assert type(translated(caught.value)) is DatabaseDown


@pytest.mark.parametrize("empty_database_url", ["mysql"], indirect=True)
@pytest.mark.parametrize("test", ["= '\u0142'", "IN ('\u0142', 'a')", "IN ('\u0142', 'a', 'b')"])
def test_a_name_that_a_latin1_table_cant_have_is_no_down(
    empty_database_url: DatabaseUrl, test: str
) -> None:
    """Whoever calls could make ser believe that its database is away."""
    table = "CREATE TABLE grp (username varchar(64)) CHARACTER SET latin1"
    error = error_of(empty_database_url, table, f"SELECT * FROM grp WHERE username {test}")
    assert not is_down(error)
    assert type(translated(error)) is NoSuchCharacters


@pytest.mark.parametrize("empty_database_url", ["postgresql"], indirect=True)
def test_a_name_that_the_encoding_of_a_database_cant_have_is_no_down(
    empty_database_url: DatabaseUrl,
) -> None:
    statement = "SELECT convert_to('\u0142', 'LATIN1')"  # as with a database in LATIN1
    assert type(translated(error_of(empty_database_url, statement))) is NoSuchCharacters


def test_no_value_of_a_statement_is_told(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    row = {"username": "joe", "domain": "d", "phplib_id": "x", "ha1": "geheim"}
    with engine.connect() as connection:
        connection.execute(insert(tables.subscriber).values(row))
        with pytest.raises(DBAPIError) as caught:
            connection.execute(insert(tables.subscriber).values(row))
    engine.dispose()
    assert "geheim" not in f"{caught.value} {translated(caught.value)}"


def test_a_server_that_refuses_the_connection_is_down() -> None:
    for kind in ("postgresql", "mysql"):
        engine = make_engine(DatabaseUrl.parse(f"{kind}://ser:geheim@127.0.0.1:1/ser"))
        with pytest.raises(SQLAlchemyError) as caught:
            engine.connect()
        error = translated(caught.value)
        assert type(error) is DatabaseDown
        assert "geheim" not in str(error)
        assert str(error).isprintable()


@pytest.mark.parametrize("database_url", ["postgresql", "mysql"], indirect=True)
def test_a_wrong_password_is_told_without_it(database_url: DatabaseUrl) -> None:
    wrong = str(database_url).replace("ser@", "ser:geheim@")
    engine = make_engine(DatabaseUrl.parse(wrong))
    with pytest.raises(SQLAlchemyError) as caught:
        engine.connect()
    assert type(translated(caught.value)) is DatabaseDown
    assert "geheim" not in str(translated(caught.value))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_that_somebody_else_writes_to_is_locked_not_lost(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    with engine.connect() as writer:
        writer.exec_driver_sql("INSERT INTO domain (domain) VALUES ('x')")
        error = error_of(
            database_url, "PRAGMA busy_timeout=10", "INSERT INTO domain (domain) VALUES ('y')"
        )
    engine.dispose()
    assert is_locked(error)
    assert is_down(error)
    assert not is_lost(error)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_the_moments_fault(database_url: DatabaseUrl) -> None:
    error = error_of(
        database_url,
        "PRAGMA max_page_count=1",
        "INSERT INTO grp (username, domain, grp) VALUES (hex(zeroblob(100000)), '', '')",
    )
    assert type(translated(error)) is DatabaseDown
    assert "full" in str(translated(error))


@pytest.mark.parametrize(("known", "name"), [(True, "joe"), (False, "12345")])
def test_a_file_that_cant_be_opened_is_told_with_the_user_who_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool, name: str
) -> None:
    found = Mock(return_value=Mock(pw_name="joe")) if known else Mock(side_effect=KeyError)
    monkeypatch.setattr("pwd.getpwuid", found)
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(tmp_path / "absent" / "ser.db")
    error = translated(OperationalError("", {}, caught.value))
    expected = f"unable to open database file (user {name} must be able to write it, and into its"
    assert str(error).startswith(expected)

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select, text

from ser_core.database.engine import make_engine
from ser_core.database.tables import acc, missed_calls
from ser_core.database.url import DatabaseUrl
from ser_core.modules.acc.acc import Acc
from ser_core.modules.acc.record import Record
from ser_core.modules.acc.rows import COLUMNS, Row, Tables, Values, local, values_of
from tests.support.script_messages import request_in_script as request

WHEN = 1_000_000_000.25
USUAL = (*COLUMNS, "username", "domain")


def values(*, missed: bool = False, **parts: str) -> Values:
    msg = request(**parts)
    record = Record(msg.message, b"sip:bob@192.0.2.9", b"200", b"b1")
    return values_of(record, WHEN, missed=missed)


def insert(url: DatabaseUrl, rows: list[Row], *, again: bool = False, **params: str) -> None:
    module: Any = Acc()
    for name, value in params.items():
        setattr(module, name, value)
    engine = make_engine(url)
    with engine.begin() as connection:
        Tables(module).insert(connection, rows, again=again)
    engine.dispose()


def stored(url: DatabaseUrl, table: Any) -> list[Any]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(select(table).order_by(table.c.sip_from)))
    engine.dispose()
    return found


def test_rows_go_to_their_tables(database_url: DatabaseUrl) -> None:
    alice, bob = values(from_="<sip:alice@a>;tag=1"), values(missed=True, from_="<sip:bob@b>;tag=2")
    insert(database_url, [Row("acc", alice), Row("missed_calls", bob), Row("acc", bob)])
    first, second = stored(database_url, acc)
    assert (first.sip_from, first.username, first.domain) == ("<sip:alice@a>;tag=1", "alice", "a")
    assert (first.sip_status, first.sip_method, first.totag) == ("200", "INVITE", "b1")
    assert first.time == WHEN
    assert second.sip_from == "<sip:bob@b>;tag=2"
    (missed,) = stored(database_url, missed_calls)
    assert (missed.username, missed.domain) == ("bob", "example.com")


def test_hostile_values_are_stored_and_cut(database_url: DatabaseUrl) -> None:
    name = "'; DROP TABLE acc; --"
    from_ = f'"{name}\\\\" <sip:%00%FF{"x" * 3000}@a>;tag=1'
    msg = request(from_="<sip:a@b>;tag=1").message
    record = Record(msg, b"sip:" + b"\xff" * 5000, b"\0" * 500, b"")
    insert(database_url, [Row("acc", values_of(record, WHEN, missed=False))])
    insert(database_url, [Row("acc", values(from_=from_))])
    rows = stored(database_url, acc)
    assert len(rows) == 2
    first = min(rows, key=lambda row: row.sip_from)
    assert name in first.sip_from
    assert len(first.username) == acc.c.username.type.length  # type: ignore[attr-defined]
    assert first.username.startswith("\\x00\\xff")


def test_what_has_been_written_is_not_written_again(database_url: DatabaseUrl) -> None:
    rows = [Row("acc", values(from_=f"<sip:u@a>;tag={number}")) for number in range(3)]
    insert(database_url, rows[:2])
    insert(database_url, rows, again=True)
    assert len(stored(database_url, acc)) == 3
    later = values_of(Record(request().message, b"sip:x@y", b"200"), WHEN + 1e-6, missed=False)
    insert(database_url, [Row("acc", later)], again=True)
    assert len(stored(database_url, acc)) == 4


@pytest.mark.parametrize("empty_database_url", ["mysql", "postgresql"], indirect=True)
def test_what_stands_in_a_table_without_fractions_of_seconds_is_not_written_again(
    empty_database_url: DatabaseUrl,
) -> None:
    """MariaDB cuts the time of SER's `datetime`, MySQL and PostgreSQL round it."""
    kind = {"mysql": "datetime", "postgresql": "timestamp(0)"}[empty_database_url.scheme]
    columns = ", ".join(f"{name} varchar(64) NOT NULL DEFAULT ''" for name in USUAL)
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE acc ({columns}, time {kind} NOT NULL)"))
        rows = [Row("acc", values() | {"time": WHEN + later}) for later in (0.0, 1.5, 1.6)]
        tables = Tables(Acc())
        tables.insert(connection, rows[:2])
        tables.insert(connection, rows, again=True)
        tables.insert(connection, rows, again=True)
        assert connection.execute(text("SELECT count(*) FROM acc")).scalar() == 3
    engine.dispose()


def test_a_table_of_sers_with_less_room_takes_all(empty_database_url: DatabaseUrl) -> None:
    columns = ", ".join(f"{name} varchar(64) NOT NULL DEFAULT ''" for name in USUAL)
    statement = f"CREATE TABLE acc ({columns}, time timestamp NULL)"
    row = Row("acc", values(from_=f"<sip:{'x' * 300}@a>;tag=1"))
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text(statement))
        Tables(Acc()).insert(connection, [row])
        assert connection.execute(text("SELECT username FROM acc")).scalar() == "x" * 64
    engine.dispose()


def test_a_row_for_a_table_without_all_characters_is_in_ascii() -> None:
    row = Row("acc", {"sip_from": "J\N{LATIN SMALL LETTER O WITH DIAERESIS}e", "time": 1.5})
    assert row.in_ascii() == Row("acc", {"sip_from": r"J\xc3\xb6e", "time": 1.5})


def test_columns_are_called_as_modparam_says(database_url: DatabaseUrl) -> None:
    row = Row("acc", values())
    insert(database_url, [row], acc_sip_to_column="sip_from", acc_sip_from_column="sip_to")
    (stored_row,) = stored(database_url, acc)
    assert stored_row.sip_to == "<sip:alice@example.org>;tag=a48s"
    assert stored_row.sip_from == "<sip:bob@example.com>"


def test_local_time_reads_as_the_clock_on_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert local(WHEN) == WHEN + 7200  # in September
    finally:
        monkeypatch.undo()
        time.tzset()

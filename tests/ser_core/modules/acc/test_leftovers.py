from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from ser_core import log
from ser_core.database.engine import make_engine
from ser_core.database.schema import prepare
from ser_core.database.tables import acc
from ser_core.database.url import DatabaseUrl
from ser_core.modules.acc.acc import Acc
from ser_core.modules.acc.leftovers import write
from ser_core.modules.acc.rows import COLUMNS, Row, Tables, Values
from tests.support.databases import text_of

USUAL = (*COLUMNS, "username", "domain")
ROWS = [
    Row("acc", {"sip_method": f"M{number:03d}", "sip_callid": "a", "time": 1.5})
    for number in range(450)
]


@pytest.fixture
def logged() -> Iterator[list[str]]:
    lines: list[str] = []
    log.tap(lambda level, call_id, text: lines.append(text))
    yield lines
    log.tap(None)


def test_rows_are_written_without_an_event_loop(tmp_path: Path, logged: list[str]) -> None:
    url = f"sqlite:///{tmp_path}/ser.db"
    engine = make_engine(DatabaseUrl.parse(url))
    prepare(engine)
    write(url, Tables(Acc()), ROWS[:50])  # by a receiver that was killed at it
    write(url, Tables(Acc()), [*ROWS, Row("nowhere", {**ROWS[0].values, "sip_method": "X"})])
    with engine.connect() as connection:
        stored = list(connection.execute(select(acc.c.sip_method)).scalars())
    engine.dispose()
    assert stored == [str(row.values["sip_method"]) for row in ROWS]
    assert len(logged) == 2
    assert logged[-1].startswith("acc: not written to table nowhere: sip_method=X, ")


@pytest.mark.parametrize("empty_database_url", ["mysql"], indirect=True)
def test_a_call_that_a_table_of_sers_cant_write_holds_no_other_up(
    empty_database_url: DatabaseUrl, logged: list[str]
) -> None:
    """SER's tables are in latin1, and a Call-ID may have any character.

    The comparison with what is there then fails, which looked like a database that is away.
    """
    columns = ", ".join(f"{name} varchar(64) NOT NULL DEFAULT ''" for name in USUAL)
    table = f"CREATE TABLE acc ({columns}, time datetime NOT NULL) CHARACTER SET latin1"
    calls = ["a", "\u0142", "b"]
    usual: Values = dict.fromkeys(USUAL, "")
    rows = [Row("acc", {**usual, "sip_callid": call, "time": 1.5}) for call in calls]
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text(table))
    for _ in range(2):
        write(text_of(empty_database_url), Tables(Acc()), rows)
        with engine.connect() as connection:
            stored = connection.execute(text("SELECT sip_callid FROM acc")).scalars().all()
        assert sorted(stored) == [r"\xc5\x82", "a", "b"]
    engine.dispose()
    assert logged == []


def test_rows_that_no_database_takes_go_to_the_log(tmp_path: Path, logged: list[str]) -> None:
    write("sqlite:////nowhere/ser.db", Tables(Acc()), ROWS[:300])
    assert sum("not written to table acc: sip_method=M" in line for line in logged) == 300
    assert len(logged) == 301

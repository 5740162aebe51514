from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ser_core.database.engine import WRITES, Line, interrupt, make_engine
from ser_core.database.errors import DatabaseDown
from ser_core.database.url import DatabaseUrl
from tests.support.databases import text_of

LONG = {
    "sqlite": "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT 1 FROM x) SELECT sum(n) FROM x",
    "postgresql": "SELECT pg_sleep(60)",
    "mysql": "SELECT SLEEP(1.5)",
}
"""Statements that nobody waits for. (MariaDB sleeps on when who asked has gone.)"""


def scalar(connection: Connection, statement: str) -> object:
    return connection.execute(text(statement)).scalar()


def test_a_statement_that_hangs_ends_when_another_thread_interrupts_it(
    database_url: DatabaseUrl,
) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        timer = threading.Timer(0.1, interrupt, [connection.connection])
        timer.start()
        begun = time.monotonic()
        with pytest.raises(DBAPIError):
            scalar(connection, LONG[database_url.scheme])
        assert time.monotonic() - begun < 5
        timer.join()
    with engine.connect() as connection:
        assert scalar(connection, "SELECT 1") == 1
    engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql", "mysql"], indirect=True)
def test_a_server_gives_a_statement_up_by_itself(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url, statement_seconds=0.2)
    begun = time.monotonic()
    # MariaDB ends its own SLEEP early, and without an error.
    heavy = "SELECT count(*) FROM seq_1_to_10000000 a, seq_1_to_10000000 b"
    with engine.connect() as connection, pytest.raises(DBAPIError):
        scalar(connection, heavy if database_url.scheme == "mysql" else "SELECT pg_sleep(60)")
    assert time.monotonic() - begun < 5
    engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql", "mysql"], indirect=True)
def test_servers_show_what_is_committed_at_once(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url, pool_size=2)
    with engine.connect() as reader, engine.connect() as writer:
        assert scalar(reader, "SELECT count(*) FROM domain") == 0
        writer.execute(text("INSERT INTO domain (domain) VALUES ('x')"))
        writer.commit()
        assert scalar(reader, "SELECT count(*) FROM domain") == 1
    engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_reads_while_somebody_writes(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url, pool_size=2)
    with engine.connect() as reader, engine.connect() as writer:
        writer = writer.execution_options(**{WRITES: True})
        writer.execute(text("INSERT INTO domain (domain) VALUES ('x')"))
        assert scalar(reader, "SELECT count(*) FROM domain") == 0
        assert scalar(reader, "PRAGMA journal_mode") == "wal"
        writer.commit()
    engine.dispose()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_no_descriptor_is_left_when_connections_close(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        scalar(connection, "SELECT 1")
    engine.dispose()
    before = descriptors()
    for _ in range(3):
        with engine.connect() as connection:
            scalar(connection, "SELECT 1")
            connection.invalidate()
        engine.dispose()
    assert descriptors() <= before


def test_a_server_that_accepts_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing but a listening socket: MySQL's server has to speak first."""
    monkeypatch.setattr("ser_core.database.engine.CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        engine = make_engine(DatabaseUrl.parse(f"mysql://ser:x@127.0.0.1:{port}/ser"))
        begun = time.monotonic()
        with pytest.raises(DBAPIError):
            engine.connect()
        assert time.monotonic() - begun < 5
        engine.dispose()


def test_a_line_can_be_shut_when_the_other_side_is_gone() -> None:
    ours, theirs = socket.socketpair()
    line = Line(ours.fileno())
    theirs.close()
    ours.close()
    line.shut()
    line.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_options_behind_the_question_mark_reach_the_driver(database_url: DatabaseUrl) -> None:
    engine = make_engine(DatabaseUrl.parse(text_of(database_url) + "?sslmode=require"))
    with pytest.raises(DBAPIError, match="SSL"):
        engine.connect()
    engine.dispose()


def test_a_file_that_was_removed_is_not_written_to_nor_made_anew(tmp_path: Path) -> None:
    engine = make_engine(DatabaseUrl.parse(f"sqlite:///{tmp_path}/ser.db"), pool_size=2)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        for file in tmp_path.iterdir():
            file.unlink()
        with pytest.raises(DatabaseDown, match="has been removed"), engine.connect():
            pass  # a new connection
    with pytest.raises(DatabaseDown, match="has been removed"), engine.connect():
        pass  # one that was open
    assert list(tmp_path.iterdir()) == []
    engine.dispose()


def test_a_file_that_was_put_in_the_place_of_another_is_used(tmp_path: Path) -> None:
    url = DatabaseUrl.parse(f"sqlite:///{tmp_path}/ser.db")
    engine, other = make_engine(url), make_engine(DatabaseUrl.parse(f"sqlite:///{tmp_path}/b.db"))
    for each, number in ((engine, 1), (other, 2)):
        with each.begin() as connection:
            connection.execute(text("CREATE TABLE t (x INTEGER)"))
            connection.execute(text(f"INSERT INTO t VALUES ({number})"))
    other.dispose()
    for file in tmp_path.glob("ser.db*"):
        file.unlink()
    (tmp_path / "b.db").rename(tmp_path / "ser.db")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT x FROM t")).scalar() == 2
    engine.dispose()

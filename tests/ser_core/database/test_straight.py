from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from ser_core.database.engine import interrupt, make_engine
from ser_core.database.errors import DatabaseDown
from ser_core.database.jobs import PlainJob
from ser_core.database.straight import Kept, Plain, Straight
from ser_core.database.tables import domain
from ser_core.database.url import DatabaseUrl

MARK = {"sqlite": "?", "postgresql": "%s", "mysql": "%s"}


@pytest.fixture
def engine(database_url: DatabaseUrl) -> Iterator[Engine]:
    made = make_engine(database_url, pool_size=2)
    yield made
    made.dispose()


@pytest.fixture
def kept(engine: Engine) -> Iterator[Kept]:
    made = Kept(engine)
    yield made
    made.give_back()


def never() -> bool:
    return False


def add(plain: Plain, *names: str) -> None:
    mark = MARK[plain.dialect.name]
    rows = [(name,) for name in names]
    plain.exec_driver_sql(f"INSERT INTO domain (domain) VALUES ({mark})", rows)


def names(engine: Engine) -> list[str]:
    """As another connection sees them."""
    with engine.connect() as connection:
        return sorted(connection.execute(select(domain.c.domain)).scalars())


def write(straight: Straight, *added: str) -> None:
    straight.begin(writes=True)
    add(straight, *added)


def test_what_is_committed_stays(engine: Engine, kept: Kept) -> None:
    straight = kept.take(never)
    write(straight, "one.example")
    assert names(engine) == []
    straight.commit()
    write(straight, "two.example", "three.example")
    straight.commit()
    assert names(engine) == ["one.example", "three.example", "two.example"]


def test_what_is_undone_was_never_there(engine: Engine, kept: Kept) -> None:
    straight = kept.take(never)
    straight.rollback()  # nothing was begun
    write(straight, "one.example")
    straight.rollback()
    assert names(engine) == []


def test_rows_come_back_and_a_statement_without_any_gives_none(kept: Kept) -> None:
    straight = kept.take(never)
    assert [tuple(x) for x in straight.exec_driver_sql("SELECT 1, 'x'")] == [(1, "x")]
    assert list(straight.exec_driver_sql("DELETE FROM domain")) == []


def test_a_reader_sees_what_others_have_written_since(engine: Engine, kept: Kept) -> None:
    """No transaction is left open between two pieces of work."""
    straight = kept.take(never)
    other = Kept(engine)
    query = "SELECT domain FROM domain"
    assert list(straight.exec_driver_sql(query)) == []
    writer = other.take(never)
    write(writer, "one.example")
    writer.commit()
    assert len(list(straight.exec_driver_sql(query))) == 1
    other.give_back()


def test_the_connection_is_kept_from_one_work_to_the_next(kept: Kept) -> None:
    first = kept.take(never)
    kept.put_down()
    assert kept.take(never) is first


def test_after_a_mistake_it_is_kept_and_the_work_undone(engine: Engine, kept: Kept) -> None:
    first = kept.take(never)
    write(first, "one.example")
    with pytest.raises(kept.errors) as caught:
        first.exec_driver_sql("SELECT nonsense FROM nowhere")
    kept.fail(caught.value)
    assert kept.take(never) is first
    assert names(engine) == []


def test_a_dead_connection_is_let_go_of(database_url: DatabaseUrl, kept: Kept) -> None:
    if database_url.scheme == "sqlite":  # nothing there can die
        return
    first = kept.take(never)
    interrupt(first.lease)
    with pytest.raises(kept.errors) as caught:
        first.exec_driver_sql("SELECT 1")
    kept.fail(caught.value)
    second = kept.take(never)
    assert second is not first
    assert len(list(second.exec_driver_sql("SELECT 1"))) == 1


def test_what_was_given_back_the_pool_has_for_others(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url, pool_size=1)
    kept = Kept(engine)
    kept.take(never)
    kept.give_back()
    kept.give_back()
    assert names(engine) == []
    engine.dispose()


def test_who_asks_whether_it_is_over_breaks_a_query_of_sqlite_off(tmp_path: Path) -> None:
    engine = make_engine(DatabaseUrl.parse(f"sqlite:///{tmp_path}/x.db"))
    kept = Kept(engine)
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
    with pytest.raises(kept.errors, match="interrupted"):
        kept.take(lambda: True).exec_driver_sql(endless)
    kept.put_down()
    assert list(kept.take(never).exec_driver_sql("SELECT 1")) == [(1,)]
    kept.give_back()
    engine.dispose()


def test_a_file_that_has_been_replaced_is_opened_anew(tmp_path: Path) -> None:
    paths = [tmp_path / "used.db", tmp_path / "backup.db"]
    for number, path in enumerate(paths):
        engine = make_engine(DatabaseUrl.parse(f"sqlite:///{path}"))
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({number})")
        engine.dispose()
    engine = make_engine(DatabaseUrl.parse(f"sqlite:///{paths[0]}"))
    kept = Kept(engine)
    assert list(kept.take(never).exec_driver_sql("SELECT n FROM t")) == [(0,)]
    os.replace(paths[1], paths[0])
    assert list(kept.take(never).exec_driver_sql("SELECT n FROM t")) == [(1,)]
    paths[0].unlink()
    with pytest.raises((DatabaseDown, SQLAlchemyError), match="has been removed"):
        kept.take(never)
    engine.dispose()


def test_a_job_finds_a_dead_connection_and_nobody_notices(engine: Engine, kept: Kept) -> None:
    lease = kept.take(never).lease
    kept.put_down()
    PlainJob(lambda plain: add(plain, "one.example"), kept, writes=True).carry_out(engine)
    interrupt(lease)
    PlainJob(lambda plain: add(plain, "two.example"), kept, writes=True).carry_out(engine)
    assert names(engine) == ["one.example", "two.example"]

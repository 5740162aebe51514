from __future__ import annotations

import threading

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from ser_core.database import tables
from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.database.jobs import TRIES, Job
from ser_core.database.url import DatabaseUrl
from tests.ser_core.database.test_engine import LONG


def add(name: str) -> Job[None]:
    def work(connection: Connection) -> None:
        connection.execute(insert(tables.domain).values(domain=name))

    return Job(work, writes=True)


def names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(connection.execute(select(tables.domain.c.domain)).scalars())


def test_work_is_committed_and_its_result_handed_on(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    add("x").carry_out(engine)
    read = Job(lambda connection: connection.execute(select(tables.domain.c.domain)).scalar())
    assert read.carry_out(engine) == "x"
    engine.dispose()


def test_work_that_raises_changes_nothing_and_its_error_goes_through(
    database_url: DatabaseUrl,
) -> None:
    engine = make_engine(database_url)

    def work(connection: Connection) -> None:
        connection.execute(insert(tables.domain).values(domain="x"))
        raise LookupError("of the work")

    with pytest.raises(LookupError, match="of the work"):
        Job(work).carry_out(engine)
    assert names(engine) == []
    add("y").carry_out(engine)
    engine.dispose()


def test_an_error_of_the_database_is_one_of_ours(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    add("x").carry_out(engine)
    with pytest.raises(DatabaseError):
        add("x").carry_out(engine)
    engine.dispose()


def test_a_connection_that_died_in_the_pool_is_replaced_and_nobody_notices(
    database_url: DatabaseUrl,
) -> None:
    if database_url.scheme == "sqlite":
        pytest.skip("a file never hangs up")
    engine = make_engine(database_url)
    other = make_engine(database_url)
    number = "pg_backend_pid()" if database_url.scheme == "postgresql" else "connection_id()"
    tries: list[object] = []

    def work(connection: Connection) -> None:
        tries.append(connection.execute(text(f"SELECT {number}")).scalar())
        if len(tries) == 1:
            kill(other, tries[0])
            connection.execute(text("SELECT 1"))
        connection.execute(insert(tables.domain).values(domain=f"x{len(tries)}"))

    Job(work).carry_out(engine)
    assert len(set(tries)) == 2
    assert names(engine) == ["x2"]
    engine.dispose()
    other.dispose()


def kill(engine: Engine, connection_number: object) -> None:
    is_postgres = engine.dialect.name == "postgresql"
    statement = "SELECT pg_terminate_backend({})" if is_postgres else "KILL {}"
    with engine.connect() as connection:
        connection.execute(text(statement.format(connection_number)))


def test_work_that_never_succeeds_is_given_up(database_url: DatabaseUrl) -> None:
    if database_url.scheme == "sqlite":
        pytest.skip("a file never hangs up")
    engine = make_engine(database_url)
    tries = []

    def work(connection: Connection) -> None:
        tries.append(connection)
        connection.connection.info["ser_line"].shut()
        connection.execute(text("SELECT 1"))

    with pytest.raises(DatabaseDown):
        Job(work).carry_out(engine)
    assert len(tries) == TRIES
    engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_reading_and_then_writing_succeeds_on_sqlite_though_somebody_wrote_between(
    database_url: DatabaseUrl,
) -> None:
    engine, other = make_engine(database_url), make_engine(database_url)
    tries = []

    def work(connection: Connection) -> None:
        tries.append(connection.execute(select(tables.domain)).all())
        if len(tries) == 1:
            add("other").carry_out(other)
        connection.execute(insert(tables.domain).values(domain="ours"))

    Job(work).carry_out(engine)
    assert [len(each) for each in tries] == [0, 1]
    assert names(engine) == ["other", "ours"]
    engine.dispose()
    other.dispose()


def test_who_gives_up_frees_the_thread_and_undoes_the_work(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    begun = threading.Event()

    def work(connection: Connection) -> None:
        connection.execute(insert(tables.domain).values(domain="x"))
        begun.set()
        connection.execute(text(LONG[database_url.scheme]))

    job = Job(work, writes=True)

    def give_up() -> None:
        assert begun.wait(5)
        job.abandon()

    thread = threading.Thread(target=give_up)
    thread.start()
    with pytest.raises(DatabaseDown):
        job.carry_out(engine)
    thread.join()
    assert names(engine) == []
    engine.dispose()


def test_a_job_that_nobody_waits_for_isnt_begun(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    job = add("x")
    job.abandon()
    with pytest.raises(DatabaseDown, match="nobody waits"):
        job.carry_out(engine)
    assert names(engine) == []
    engine.dispose()


def test_two_that_lock_each_other_out_both_get_through(database_url: DatabaseUrl) -> None:
    if database_url.scheme == "sqlite":
        pytest.skip("one writes at a time")
    engine = make_engine(database_url, pool_size=2)
    for name in ("a", "b"):
        add(name).carry_out(engine)
    both_hold = threading.Barrier(2)
    first_try = {"a": True, "b": True}
    failures: list[BaseException] = []

    def lock(mine: str, others: str) -> None:
        def work(connection: Connection) -> None:
            change = text("UPDATE domain SET last_modified = NULL WHERE domain = :name")
            connection.execute(change, {"name": mine})
            if first_try[mine]:
                first_try[mine] = False
                both_hold.wait(5)
            connection.execute(change, {"name": others})

        try:
            Job(work).carry_out(engine)
        except DatabaseError as error:
            failures.append(error)

    threads = [threading.Thread(target=lock, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    engine.dispose()

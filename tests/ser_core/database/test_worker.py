"""A database that hangs, dies, comes back, is full: what greenlets that ask it get, and when."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from sqlalchemy import Connection, insert, select, text

from ser_core import log
from ser_core.database import tables, worker
from ser_core.database.counters import DatabaseCounters
from ser_core.database.errors import DatabaseDown, DatabaseError, SchemaError
from ser_core.database.octets import is_storable
from ser_core.database.straight import Plain
from ser_core.database.url import DatabaseUrl
from ser_core.database.worker import Database
from tests.ser_core.database.test_engine import LONG
from tests.support.databases import Kind, database_server

PATIENCE = 15.0


class Lines:
    """What is logged."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, level: int, call_id: str, text: str) -> bool:
        self.texts.append(text)
        return True


@pytest.fixture
def lines() -> Iterator[Lines]:
    kept = Lines()
    log.use_sink(kept)
    yield kept
    log.use_sink(log.StderrSink())


Opened = Callable[..., Database]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """A busy machine may take long for anything; who tests how long, says how long."""
    monkeypatch.setattr(worker, "PROBE_SECONDS", PATIENCE)
    made: list[Database] = []

    def open_one(url: DatabaseUrl, **settings: Any) -> Database:  # Any: those of Database
        made.append(Database(url, DatabaseCounters(), **settings))
        return made[-1]

    yield open_one
    for each in made:
        each.close()
    made.clear()
    gevent.sleep(0)
    gc.collect()  # what a test has left shall warn in that test


def one(connection: Connection) -> object:
    return connection.execute(text("SELECT 1")).scalar()


def hang(url: DatabaseUrl) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(LONG[url.scheme])).scalar()


def wait_until(condition: Callable[[], object]) -> None:
    with gevent.Timeout(PATIENCE):
        while not condition():
            gevent.sleep(0.01)


def counts(database: Database) -> dict[str, int]:
    return {x.name.rpartition(".")[2]: x.value for x in database._counters.all()}


def test_many_greenlets_ask_while_the_hub_goes_on(
    database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(database_url)
    has_gone_on = threading.Event()

    def go_on() -> None:
        for _ in range(100):
            gevent.sleep(0)
        has_gone_on.set()

    def work(connection: Connection) -> object:
        assert has_gone_on.wait(PATIENCE), "the hub waits for this thread"
        return one(connection)

    gevent.spawn(go_on)
    asking = [gevent.spawn(database.run, work, timeout=PATIENCE) for _ in range(50)]
    gevent.joinall(asking, raise_error=True)
    assert [each.value for each in asking] == [1] * 50
    assert counts(database) == {"queries": 50, "failures": 0, "waiting": 0, "down": 0}


def test_work_runs_in_a_thread_that_isnt_the_hubs(
    database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(database_url)
    there = database.run(lambda connection: threading.get_ident(), timeout=PATIENCE)
    assert there != threading.get_ident()


def test_the_first_work_finds_the_tables_made(
    empty_database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(empty_database_url)
    rows = database.run(lambda each: each.execute(select(tables.domain)).all(), timeout=PATIENCE)
    assert rows == []


def test_the_short_way_reads_and_writes(database_url: DatabaseUrl, opened: Opened) -> None:
    database = opened(database_url)
    added = "INSERT INTO domain (domain) VALUES ('one.example')"
    asked = "SELECT domain FROM domain"

    def of_plain(statement: str) -> Callable[[Plain], list[Any]]:
        return lambda plain: [tuple(x) for x in plain.exec_driver_sql(statement)]

    assert database.run_plain(of_plain(added), timeout=PATIENCE, writes=True) == []
    assert database.run_plain(of_plain(asked), timeout=PATIENCE) == [("one.example",)]
    # Something else may use the same thread's connection meanwhile.
    assert database.run(one, timeout=PATIENCE) == 1
    with pytest.raises(DatabaseError):  # there is one already; SQLAlchemy's way tells why
        database.run_plain(of_plain(added), timeout=PATIENCE, writes=True)
    with pytest.raises(SchemaError):
        database.run_plain(of_plain("SELECT * FROM absent"), timeout=PATIENCE)
    assert database.run_plain(of_plain(asked), timeout=PATIENCE) == [("one.example",)]
    assert database.is_up
    assert counts(database)["failures"] == 2


def test_what_the_work_raises_reaches_who_asked(database_url: DatabaseUrl, opened: Opened) -> None:
    database = opened(database_url)

    def work(connection: Connection) -> None:
        raise LookupError("of the work")

    with pytest.raises(LookupError, match="of the work"):
        database.run(work, timeout=PATIENCE)
    with pytest.raises(SchemaError):
        database.run(lambda each: each.execute(text("SELECT * FROM absent")), timeout=PATIENCE)
    assert database.is_up
    assert counts(database)["failures"] == 1


def test_a_query_that_hangs_is_given_up_in_time_and_no_thread_is_lost(
    database_url: DatabaseUrl, opened: Opened, lines: Lines
) -> None:
    database = opened(database_url, threads=2)
    database.run(one, timeout=PATIENCE)
    for _ in range(2):
        begun = time.monotonic()
        hanging = [
            gevent.spawn(_error_of, database, hang(database_url), timeout=0.6) for _ in range(4)
        ]
        gevent.joinall(hanging)
        assert time.monotonic() - begun < 2
        assert all(isinstance(each.value, DatabaseDown) for each in hanging)
    assert database.run(one, timeout=PATIENCE) == 1
    assert database.is_up
    assert lines.texts == []


def _error_of(database: Database, work: Callable[[Connection], Any], timeout: float) -> object:
    try:
        return database.run(work, timeout=timeout)
    except DatabaseError as error:
        return error


# SQLAlchemy leaves a connection that dies while it is set up to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_server_that_freezes_stops_and_comes_back(
    kind: Kind, opened: Opened, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database_server(kind) as server:
        database = opened(server.new_database("x"))
        database.run(one, timeout=PATIENCE)
        wait_until(lambda: database._watcher is None)  # it looked, if that took long
        monkeypatch.setattr(worker, "PROBE_SECONDS", 1.0)

        server.freeze()
        begun = time.monotonic()
        errors = [gevent.spawn(_error_of, database, one, timeout=2.0) for _ in range(20)]
        gevent.joinall(errors)
        assert time.monotonic() - begun < 2.1
        assert all(isinstance(each.value, DatabaseDown) for each in errors)
        assert not database.is_up
        began = counts(database)["queries"]
        turns: list[None] = []
        gevent.get_hub().loop.run_callback(turns.append, None)
        for _ in range(100):
            assert isinstance(_error_of(database, one, timeout=2.0), DatabaseDown)
        assert counts(database)["queries"] == began + 100
        assert not turns, "nobody waited: not even the hub had its turn"

        server.thaw()
        wait_until(lambda: database.is_up)
        assert database.run(one, timeout=PATIENCE) == 1

        server.stop()
        assert isinstance(_error_of(database, one, timeout=2.0), DatabaseDown)
        wait_until(lambda: not database.is_up)
        assert counts(database)["down"] == 1
        server.start()
        wait_until(lambda: database.is_up)
        assert database.run(one, timeout=PATIENCE) == 1

        assert counts(database)["down"] == 0
        told = [each.partition(f"{kind}://ser@")[0] for each in lines.texts]
        assert told == ["database "] * 4  # down, up, down, up: nothing but changes
        assert " is down: no answer in 1 s" in lines.texts[0]
        assert " is up again after " in lines.texts[1]
        assert not any("heslo" in each for each in lines.texts)


def test_more_than_fit_into_the_queue_are_refused_at_once(
    database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(database_url, threads=1, queue=3)
    database.run(one, timeout=PATIENCE)
    hanging = [gevent.spawn(_error_of, database, hang(database_url), timeout=0.3) for _ in range(3)]
    gevent.sleep(0)
    assert counts(database)["waiting"] == 3
    turns: list[None] = []
    gevent.get_hub().loop.run_callback(turns.append, None)
    with pytest.raises(DatabaseDown, match=r"wait for .* already"):
        database.run(one)
    assert not turns, "nobody waited: not even the hub had its turn"
    gevent.joinall(hanging)
    assert database.run(one, timeout=PATIENCE) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_timeout_of_the_callers_own_goes_through_and_frees_the_thread(
    database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(database_url, threads=1)
    database.run(one, timeout=PATIENCE)
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
        database.run(hang(database_url), timeout=PATIENCE)
    assert database.run(one, timeout=PATIENCE) == 1
    assert counts(database)["waiting"] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_greenlet_that_is_killed_while_it_waits_frees_the_thread(
    database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(database_url, threads=1)
    database.run(one, timeout=PATIENCE)
    hanging = gevent.spawn(database.run, hang(database_url), timeout=PATIENCE)
    gevent.sleep(0.02)
    hanging.kill()
    assert database.run(one, timeout=PATIENCE) == 1


def hashes_of(name: str) -> Callable[[Connection], object]:
    column = tables.subscriber.c
    asked = select(column.ha1).where(column.username == name)
    return lambda connection: list(connection.execute(asked))


def test_whatever_a_stranger_may_be_called_harms_nothing(
    database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(database_url)
    for name in ("x" * 10_000, "%", "'", "\\", "\x1b[2J", "j\u00f6", "jo\u0308", ""):
        assert database.run(hashes_of(name), timeout=PATIENCE) == []
    for name in ("a\0b", "joe\udcff"):  # no database need take these
        assert not is_storable(name)
        answer = _error_of(database, hashes_of(name), PATIENCE)
        assert answer == [] or type(answer) is DatabaseError
    assert database.is_up
    assert database.run(one, timeout=PATIENCE) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_fails_what_writes_and_nothing_else(
    database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(database_url, threads=1)

    def fill(connection: Connection) -> None:
        connection.execute(text("PRAGMA max_page_count=1"))
        row = {"username": "x" * 100_000, "domain": "", "grp": ""}
        connection.execute(insert(tables.grp).values(**row))

    with pytest.raises(DatabaseDown, match="full"):
        database.run(fill, timeout=PATIENCE, writes=True)
    assert database.run(one, timeout=PATIENCE) == 1
    assert database.is_up


def test_a_place_that_cant_be_is_down_until_it_can(
    tmp_path: Path, opened: Opened, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0.05)
    place = tmp_path / "place"
    place.touch()
    database = opened(DatabaseUrl("sqlite", str(place / "ser.db")))
    with pytest.raises(DatabaseDown, match="cannot make"):
        database.run(one, timeout=PATIENCE)
    wait_until(lambda: not database.is_up)
    with pytest.raises(DatabaseDown, match="is down: cannot make"):
        database.run(one)
    place.unlink()
    wait_until(lambda: database.is_up)
    assert database.run(one, timeout=PATIENCE) == 1
    assert len(lines.texts) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_waits_when_it_closes_is_told_and_nobody_comes_in_any_more(
    database_url: DatabaseUrl, opened: Opened
) -> None:
    database = opened(database_url)
    database.run(one, timeout=PATIENCE)
    waiting = gevent.spawn(_error_of, database, hang(database_url), timeout=PATIENCE)
    gevent.sleep(0.02)
    database.close()
    database.close()
    waiting.join(PATIENCE)
    assert isinstance(waiting.value, DatabaseDown)
    with pytest.raises(DatabaseDown, match="is closed"):
        database.run(one)


FORKING = """
import os, sys
from ser_core.database.counters import DatabaseCounters
from ser_core.database.url import DatabaseUrl
url = DatabaseUrl.parse(sys.argv[1])
url.load()
import ser_core.database.worker
before = set(sys.modules)
for _ in range(3):
    child = os.fork()
    if child == 0:
        from sqlalchemy import text
        database = ser_core.database.worker.Database(url, DatabaseCounters())
        print(database.run(lambda c: c.execute(text("SELECT 1")).scalar(), timeout=15), flush=True)
        late = {x for x in set(sys.modules) - before if not x.startswith("gevent")}
        print(sorted(late - {"pprint"}), flush=True)
        database.close()
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_each_process_behind_a_fork_has_its_own_and_imports_nothing_any_more(
    database_url: DatabaseUrl,
) -> None:
    """Behind the fork a process may be a user who can't read Python's library."""
    from tests.support.databases import text_of

    run = subprocess.run(
        [sys.executable, "-c", FORKING, text_of(database_url)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        timeout=60,
    )
    assert run.stdout == "1\n[]\n" * 3, run.stderr

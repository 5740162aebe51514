from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from ser_core import log
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.modules.acc import writer as module
from ser_core.modules.acc.acc import Acc
from ser_core.modules.acc.rows import Row
from ser_core.modules.acc.spill import Spill, take
from ser_core.modules.acc.writer import Writer


class FakeTables:
    """Hands the rows of a batch to the database."""

    def insert(self, connection: Any, rows: list[Row], *, again: bool = False) -> None:
        names = [str(row.values["n"]) for row in rows]
        if connection.is_latin and not all(name.isascii() for name in names):
            raise DatabaseError("Incorrect string value")
        numbers = [int(name) if name.isdigit() else 0 for name in names]
        connection.take([x for x in numbers if not (again and x in connection.numbers)])


class FakeDatabase:
    """Takes rows, unless it is away or doesn't like one."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.is_down = False
        self.hangs = False
        self.breaks_behind_commit = False
        self.is_latin = False
        self.mistake: Exception | None = None
        self.bad: set[int] = set()
        self.tries = 0

    @property
    def numbers(self) -> list[int]:
        return [number for batch in self.batches for number in batch]

    def run(
        self, work: Callable[[Any], None], *, timeout: float = 2.0, writes: bool = False
    ) -> None:
        assert writes
        self.tries += 1
        gevent.sleep(100 if self.hangs else 0)
        if self.is_down:
            raise DatabaseDown("nobody there")
        if self.mistake is not None:
            mistake, self.mistake = self.mistake, None
            raise mistake
        work(self)
        if self.breaks_behind_commit:
            self.breaks_behind_commit = False
            raise DatabaseDown("no answer in 5 s")

    def take(self, batch: list[int]) -> None:
        if self.bad & set(batch):
            raise DatabaseError("no such table")
        self.batches.append(batch)


TABLES: Any = FakeTables()


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def counters() -> Acc:
    return Acc()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    lines: list[str] = []
    log.tap(lambda level, call_id, text: lines.append(text))
    monkeypatch.setattr(log, "_kinds", {})
    yield lines
    log.tap(None)


@pytest.fixture
def writer(
    database: FakeDatabase, counters: Acc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Writer:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.005)
    return Writer(lambda: database, counters, 1000, Spill(str(tmp_path / "acc")))


def put(writer: Writer, *numbers: int, tables: Any = TABLES) -> None:
    for number in numbers:
        writer.put(tables, Row("acc", {"n": str(number)}))


def wait_until(condition: Callable[[], bool]) -> None:
    with gevent.Timeout(5):
        while not condition():
            gevent.sleep(0.001)


def dead_pid() -> int:
    """Of a process that there was."""
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


def test_who_puts_a_row_in_does_not_wait(writer: Writer, database: FakeDatabase) -> None:
    put(writer, 1, 2, 3)
    assert database.tries == 0
    wait_until(lambda: database.numbers == [1, 2, 3])
    assert database.batches == [[1, 2, 3]]


def test_rows_are_written_in_batches(writer: Writer, database: FakeDatabase, counters: Acc) -> None:
    put(writer, *range(500))
    wait_until(lambda: len(database.numbers) == 500)
    assert [len(batch) for batch in database.batches] == [200, 200, 100]
    assert database.numbers == list(range(500))
    assert (counters.written.value, counters.waiting.value, counters.lost.value) == (500, 0, 0)
    put(writer, 500)
    wait_until(lambda: database.numbers[-1] == 500)


def test_rows_of_two_scripts_are_not_mixed(writer: Writer, database: FakeDatabase) -> None:
    put(writer, 1, 2)
    put(writer, 3, tables=FakeTables())
    wait_until(lambda: len(database.numbers) == 3)
    assert database.batches == [[1, 2], [3]]


def test_rows_are_kept_while_the_database_is_away(
    writer: Writer, database: FakeDatabase, counters: Acc, logged: list[str]
) -> None:
    database.is_down = True
    put(writer, 1, 2)
    wait_until(lambda: database.tries >= 3)
    put(writer, 3)
    assert counters.waiting.value == 3
    database.is_down = False
    wait_until(lambda: database.numbers == [1, 2, 3])
    assert logged == [
        "acc: records wait for the database: nobody there",
        "acc: the database takes records again",
    ]


def test_a_commit_that_nobody_knows_the_end_of_writes_nothing_twice(
    writer: Writer, database: FakeDatabase, counters: Acc
) -> None:
    database.breaks_behind_commit = True
    put(writer, 1, 2)
    wait_until(lambda: database.tries == 1)
    put(writer, 3)
    wait_until(lambda: counters.written.value == 3)
    assert database.numbers == [1, 2, 3]


def test_work_that_is_done_again_writes_nothing_twice(
    writer: Writer, database: FakeDatabase, counters: Acc, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = database.run

    def twice(work: Callable[[Any], None], **options: Any) -> None:
        work(database)  # committed, but its connection broke before that could be told
        run(work, **options)

    monkeypatch.setattr(database, "run", twice)
    put(writer, 1, 2)
    wait_until(lambda: counters.written.value == 2)
    assert database.numbers == [1, 2]


def test_a_database_without_all_characters_gets_ascii(
    writer: Writer, database: FakeDatabase, counters: Acc
) -> None:
    database.is_latin = True
    writer.put(TABLES, Row("acc", {"n": "J\N{LATIN SMALL LETTER O WITH DIAERESIS}"}))
    wait_until(lambda: counters.written.value == 1)
    assert counters.lost.value == 0


def test_a_mistake_of_the_driver_does_not_end_the_writing(
    writer: Writer, database: FakeDatabase, counters: Acc, logged: list[str]
) -> None:
    database.mistake = TypeError("its own")
    put(writer, 1, 2)
    wait_until(lambda: counters.written.value == 2)
    assert any(line.startswith("acc: writing failed") for line in logged)


def test_what_is_too_much_goes_to_the_log(
    writer: Writer, database: FakeDatabase, counters: Acc, logged: list[str]
) -> None:
    database.is_down = True
    writer.limit = 2
    put(writer, 1, 2, 3)
    assert (counters.waiting.value, counters.lost.value) == (2, 1)
    assert logged == ["acc: 2 records wait, no more fit", "acc: not written to table acc: n=3"]


def test_a_row_that_is_refused_harms_no_other(
    writer: Writer, database: FakeDatabase, counters: Acc, logged: list[str]
) -> None:
    database.bad = {3, 7}
    put(writer, *range(10))
    wait_until(lambda: len(database.numbers) == 8)
    assert sorted(database.numbers) == [0, 1, 2, 4, 5, 6, 8, 9]
    assert (counters.written.value, counters.waiting.value, counters.lost.value) == (8, 0, 2)
    assert "acc: not written to table acc: n=3" in logged
    assert "acc: table acc: no such table" in logged


def test_the_rest_is_written_at_the_end(
    writer: Writer, database: FakeDatabase, counters: Acc
) -> None:
    put(writer, 1, 2)
    writer.flush(5)
    assert database.numbers == [1, 2]
    assert counters.waiting.value == 0


def test_at_the_end_the_database_is_asked_once_more(
    writer: Writer, database: FakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 100)
    database.is_down = True
    put(writer, 1)
    wait_until(lambda: database.tries == 1)
    gevent.sleep(0)
    database.is_down = False
    writer.flush(5)
    assert database.numbers == [1]


def test_what_a_script_that_ends_leaves_goes_to_the_log(
    writer: Writer, database: FakeDatabase, counters: Acc, logged: list[str], tmp_path: Path
) -> None:
    database.hangs = True
    put(writer, 1, 2)
    writer.flush(0.01, is_end=False)
    assert (counters.waiting.value, counters.lost.value) == (0, 2)
    assert take(tmp_path) == [], "no script would write them at the end"
    assert logged == [
        "acc: not written to table acc: n=1",
        "acc: not written to table acc: n=2",
    ]


def test_what_an_errand_can_write_goes_to_a_file(
    writer: Writer, database: FakeDatabase, counters: Acc, logged: list[str], tmp_path: Path
) -> None:
    database.hangs = True
    put(writer, 1, 2)
    writer.flush(0.01)
    assert [row.values["n"] for row in take(tmp_path)] == ["1", "2"]
    assert (counters.waiting.value, counters.lost.value, logged) == (0, 0, [])


def test_what_waits_for_the_database_stands_in_a_file_and_a_kill_loses_none_of_it(
    writer: Writer, database: FakeDatabase, counters: Acc, tmp_path: Path
) -> None:
    database.is_down = True
    put(writer, 1, 2)
    wait_until(lambda: database.tries > 0 and any(tmp_path.iterdir()))
    put(writer, 3)
    (path,) = tmp_path.iterdir()
    copy = path.read_bytes()
    database.is_down = False
    wait_until(lambda: counters.written.value == 3 and not any(tmp_path.iterdir()))

    (tmp_path / f"acc-{dead_pid()}").write_bytes(copy)
    assert writer.adopt(TABLES) == 3
    put(writer, 4)
    wait_until(lambda: counters.written.value == 7)
    assert database.numbers == [1, 2, 3, 4], "those that had been written before are not again"
    assert not any(tmp_path.iterdir())


def test_an_end_without_rows_needs_no_database(writer: Writer, database: FakeDatabase) -> None:
    writer.flush(0.01)
    assert database.tries == 0


def test_a_script_that_ends_in_the_hub_has_its_rows_written(
    writer: Writer, database: FakeDatabase
) -> None:
    put(writer, 1)
    gevent.get_hub().loop.run_callback(writer.flush, 5)
    wait_until(lambda: database.numbers == [1])

"""The file of the location table: opened, closed, left behind by a fork, swept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest

from ser_core.registrar.lmdb_file import SWEEP_INTERVAL, LmdbFile
from ser_core.registrar.location import LocationError, LocationFull
from tests.support.registrar import START

SMALL = 3 << 20


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "location.lmdb")


@pytest.fixture
def file(path: str) -> Iterator[LmdbFile]:
    opened = LmdbFile.open(path, map_size=SMALL)
    yield opened
    opened.close()


def test_the_files_can_be_read_by_their_owner_only(file: LmdbFile, path: str) -> None:
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(path + "-lock").st_mode & 0o777 == 0o600


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocationError, match=r"cannot open .*nowhere"):
        LmdbFile.open(str(tmp_path / "nowhere" / "location.lmdb"))


def test_a_file_that_is_something_else_is_told(path: str) -> None:
    Path(path).write_bytes(b"x" * 10_000)
    with pytest.raises(LocationError, match="cannot open"):
        LmdbFile.open(path, map_size=SMALL)


def test_what_is_removed_is_gone_and_removing_nothing_is_fine(path: str) -> None:
    LmdbFile.open(path, map_size=SMALL).close()
    LmdbFile.remove(path)
    assert not os.path.exists(path)
    assert not os.path.exists(path + "-lock")
    LmdbFile.remove(path)


def test_once_closed_it_can_only_be_closed(file: LmdbFile) -> None:
    file.close()
    for attempt in (
        lambda: file.environment,
        lambda: file.begin(None, None, True),
        lambda: file.last_change(),
        lambda: file.sweep(START),
    ):
        with pytest.raises(LocationError, match="not open"):
            attempt()
    file.close()


def test_a_change_has_a_higher_number_than_the_one_before(file: LmdbFile) -> None:
    before = file.last_change()
    with file.writing() as txn:
        txn.put(b"a", b"b")
    assert file.last_change() == before + 1


def test_what_an_error_breaks_off_has_not_happened(file: LmdbFile) -> None:
    with pytest.raises(LocationFull), file.writing() as txn:  # noqa: PT012  both are meant
        txn.put(b"a", b"b")
        raise lmdb.MapFullError("full")
    with file.reading() as txn:
        assert txn.get(b"a") is None


def test_errors_of_lmdb_become_ours(file: LmdbFile) -> None:
    with pytest.raises(LocationError), file.writing() as txn:
        txn.put(b"a" * 512, b"")
    with pytest.raises(LocationError), file.reading() as txn:
        txn.put(b"a", b"")


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_child_cannot_use_what_its_parent_has_opened_but_can_open_it_anew(
    file: LmdbFile, path: str
) -> None:
    child = os.fork()
    if not child:
        status = 1
        try:
            with pytest.raises(LocationError, match="not open"):
                file.begin(None, None, True)
            again = LmdbFile.open(path, map_size=SMALL)
            with again.writing() as txn:
                txn.put(b"a", b"of the child")
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with file.reading() as txn:
        assert txn.get(b"a") == b"of the child"


class CountingEnvironment:
    """Knows how often somebody looked for dead readers."""

    def __init__(self) -> None:
        self.looks = 0
        self.error: lmdb.Error | None = None

    def begin(self) -> None:
        """Nobody does."""

    def reader_check(self) -> None:
        self.looks += 1
        if self.error is not None:
            raise self.error


def test_dead_readers_are_looked_for_now_and_then_whatever_the_clock_does() -> None:
    environment = CountingEnvironment()
    file = LmdbFile(environment, "location.lmdb")  # type: ignore[arg-type]  # all that is asked
    looks = []
    for now in (
        START,
        START + SWEEP_INTERVAL - 0.1,
        START + SWEEP_INTERVAL,
        START - 3600,  # the clock has been put right
        START - 3600 + SWEEP_INTERVAL,
    ):
        file.sweep(now)
        looks.append(environment.looks)
    assert looks == [1, 1, 2, 3, 4]


def test_a_look_that_fails_is_a_location_error() -> None:
    environment = CountingEnvironment()
    environment.error = lmdb.Error("mdb_reader_check")
    with pytest.raises(LocationError):
        LmdbFile(environment, "location.lmdb").sweep(START)  # type: ignore[arg-type]  # as above

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown, DatabaseError, SchemaError
from ser_core.database.jobs import Job
from ser_core.database.url import DatabaseUrl
from ser_core.registrar import statements
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import Binding
from ser_core.registrar.marks import Mark
from ser_core.registrar.persistence import Persistence, Run
from ser_core.registrar.rows import Rows, binding_of
from tests.support.registrar import START, binding

TABLE = "location"
Work = Callable[[Connection], list[Mark]]


class World:
    """A location table, and an SQL table that is to follow it."""

    def __init__(self, path: Path, url: DatabaseUrl) -> None:
        self.location = LmdbLocation.open(str(path / "location.mdb"))
        self.location.mark_changes(TABLE)
        self.rows = Rows(TABLE)
        self.engine = make_engine(url)
        self.hopeless: list[bytes] = []
        self.persistence = Persistence(
            self.location,
            {TABLE: self.rows},
            lambda: START,
            lambda mark, error: self.hopeless.append(mark.aor),
        )

    def run(self, work: Work) -> list[Mark]:
        return Job(work, writes=True).carry_out(self.engine)

    def store(self, aor: bytes, *bindings: Binding) -> None:
        self.location.update(TABLE, aor, lambda stored: list(bindings))

    def stored(self, aor: bytes) -> list[Binding]:
        found = Job(lambda c: statements.read(c, self.rows, aor)).carry_out(self.engine)
        return [binding_of(values, START) for values in found]

    def write_all(self, run: Run | None = None) -> int:
        batches = list(self.persistence.batches())
        return sum(self.persistence.write(run or self.run, keys) for keys in batches)

    def close(self) -> None:
        self.location.close()
        self.engine.dispose()


@pytest.fixture
def world(tmp_path: Path, database_url: DatabaseUrl) -> Iterator[World]:
    made = World(tmp_path, database_url)
    yield made
    made.close()


@pytest.fixture
def small_world(tmp_path: Path) -> Iterator[World]:
    """Without a table in SQL: nothing gets that far."""
    made = World(tmp_path, DatabaseUrl.parse(f"sqlite:///{tmp_path}/none.db"))
    yield made
    made.close()


def test_what_is_marked_is_written_and_then_not_marked_any_more(world: World) -> None:
    users = [b"u%03d" % x for x in range(450)]
    for user in users:
        world.store(user, binding(b"sip:%b@h" % user))
    assert world.persistence.unwritten() == 450
    assert world.write_all() == 450
    assert world.persistence.unwritten() == 0
    assert world.stored(b"u449") == [binding(b"sip:u449@h")]
    world.store(b"u449")
    assert world.write_all() == 1
    assert world.stored(b"u449") == []


def test_what_changes_while_it_is_written_stays_marked(world: World) -> None:
    world.store(b"joe", binding(b"sip:old@h"))

    def run(work: Work) -> list[Mark]:
        written = world.run(work)
        world.store(b"joe", binding(b"sip:new@h"))
        return written

    world.write_all(run)
    assert world.persistence.is_unwritten(TABLE, b"joe")
    world.write_all()
    assert world.stored(b"joe") == [binding(b"sip:new@h")]


@pytest.mark.parametrize("error", [DatabaseDown("away"), SchemaError("newer")])
def test_a_database_that_is_away_leaves_all_marked(
    small_world: World, error: DatabaseError
) -> None:
    small_world.store(b"joe", binding(b"sip:joe@h"))

    def run(work: Work) -> list[Mark]:
        raise error

    with pytest.raises(type(error)):
        small_world.write_all(run)
    assert small_world.persistence.unwritten() == 1


class Choosy:
    """A database that refuses one record."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.asked: list[list[bytes]] = []

    def __call__(self, work: Work) -> list[Mark]:
        # What would be written is found out by a look at the marks themselves.
        closure = work.__closure__ or ()  # of a lambda: the keys, and whose method it calls
        (keys,) = (x.cell_contents for x in closure if isinstance(x.cell_contents, list))
        aors = [aor for _, aor in keys]
        self.asked.append(aors)
        if b"bad" in aors:
            raise DatabaseError("too long")
        snapshots = self._world.location.snapshots(TABLE, aors)
        return [x.mark for x in snapshots]


def test_a_record_that_is_refused_keeps_no_other_back(small_world: World) -> None:
    for user in (b"a", b"b", b"bad", b"c", b"d"):
        small_world.store(user, binding(b"sip:u@h"))
    choosy = Choosy(small_world)
    assert small_world.write_all(choosy) == 4
    assert small_world.hopeless == [b"bad"]
    assert small_world.persistence.unwritten() == 1


def test_what_was_refused_is_tried_again_once_it_has_changed(small_world: World) -> None:
    small_world.store(b"bad", binding(b"sip:u@h"))
    choosy = Choosy(small_world)
    small_world.write_all(choosy)
    assert list(small_world.persistence.batches()) == []
    small_world.store(b"bad", binding(b"sip:other@h"))
    assert list(small_world.persistence.batches()) == [[(TABLE, b"bad")]]
    small_world.write_all(choosy)
    assert list(small_world.persistence.batches()) == []
    small_world.persistence.try_all_again()
    assert list(small_world.persistence.batches()) == [[(TABLE, b"bad")]]


def test_marks_of_a_later_moment_can_be_left_for_others(small_world: World) -> None:
    small_world.store(b"early", binding(b"sip:u@h"))
    until = small_world.location.last_change()
    small_world.store(b"late", binding(b"sip:u@h"))
    assert list(small_world.persistence.batches(until)) == [[(TABLE, b"early")]]

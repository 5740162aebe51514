"""Several processes on one location table, some of which are killed in the middle of a write."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import Binding, Totals
from tests.support.registrar import START, binding

# The children only use what they open themselves.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")

MAP_SIZE = 1 << 26
DEADLINE = 30.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "location.lmdb")


def opened(path: str) -> LmdbLocation:
    location = LmdbLocation.open(path, map_size=MAP_SIZE)
    location.add_domain("location")
    return location


class Children:
    """Processes that each run a function with the location table opened for themselves."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.pids: list[int] = []

    def start(self, work: Callable[[LmdbLocation], None]) -> int:
        pid = os.fork()
        if not pid:
            status = 1
            try:
                work(opened(self.path))
                status = 0
            finally:
                os._exit(status)
        self.pids.append(pid)
        return pid

    def join(self, pid: int) -> int:
        self.pids.remove(pid)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        assert self.join(pid) == -signal.SIGKILL


@pytest.fixture
def children(path: str) -> Iterator[Children]:
    made = Children(path)
    yield made
    for pid in list(made.pids):
        made.kill(pid)


def add_contact(number: int) -> Callable[[list[Binding]], list[Binding]]:
    return lambda stored: [*stored, binding(b"sip:joe@10.0.0.%d" % number)]


def test_what_one_process_has_stored_all_others_see_at_once(path: str, children: Children) -> None:
    mine = opened(path)

    def register(location: LmdbLocation) -> None:
        location.update("location", b"joe", add_contact(1))

    assert children.join(children.start(register)) == 0
    assert mine.get("location", b"joe") == [binding(b"sip:joe@10.0.0.1")]
    mine.close()


def test_no_contact_of_one_record_is_lost_between_processes(path: str, children: Children) -> None:
    def register(location: LmdbLocation) -> None:
        for number in range(50):
            location.update("location", b"joe", add_contact(number))

    pids = [children.start(register) for _ in range(4)]
    assert [children.join(pid) for pid in pids] == [0] * 4
    mine = opened(path)
    assert mine.totals("location") == Totals(1, 200, 0)
    mine.close()


def test_domains_opened_by_several_processes_at_once_are_the_same(
    path: str, children: Children
) -> None:
    def register(location: LmdbLocation) -> None:
        for domain in ("aliases", "location", "friends"):
            location.add_domain(domain)
            location.update(domain, b"%d" % os.getpid(), add_contact(1))

    pids = [children.start(register) for _ in range(4)]
    assert [children.join(pid) for pid in pids] == [0] * 4
    mine = opened(path)
    assert mine.domains() == ["aliases", "friends", "location"]
    for domain in mine.domains():
        mine.add_domain(domain)
        assert mine.totals(domain).users == 4
    mine.close()


def test_kill_9_inside_a_write_loses_nothing_and_stops_nobody(
    path: str, children: Children
) -> None:
    mine = opened(path)
    mine.update("location", b"joe", add_contact(1))
    inside_read, inside_write = os.pipe()

    def die_in_the_middle(location: LmdbLocation) -> None:
        def change(stored: list[Binding]) -> list[Binding]:
            os.write(inside_write, b"x")
            signal.pause()
            return []

        location.update("location", b"joe", change)

    pid = children.start(die_in_the_middle)
    os.close(inside_write)  # so that a child that fails is the end of the pipe
    assert os.read(inside_read, 1) == b"x"  # it holds the writers' lock now
    children.kill(pid)
    assert mine.get("location", b"joe") == [binding(b"sip:joe@10.0.0.1")]
    mine.update("location", b"joe", add_contact(2))
    assert mine.totals("location") == Totals(1, 2, 0)
    mine.close()
    os.close(inside_read)


def test_what_was_answered_survives_kill_9_at_any_moment(path: str, children: Children) -> None:
    """Writers are killed while they write; each has told by pipe what it has finished."""
    mine = opened(path)
    chance = random.Random(5)
    finished: dict[int, int] = {}
    for writer in range(12):
        reader, told = os.pipe()

        def write(location: LmdbLocation, writer: int = writer, told: int = told) -> None:
            for number in range(1_000_000):
                location.update("location", b"%d.%d" % (writer, number), add_contact(writer))
                os.write(told, b"x")

        pid = children.start(write)
        os.close(told)
        wanted = chance.randrange(1, 200)
        count = 0
        while count < wanted:
            count += len(os.read(reader, 1))
        children.kill(pid)
        while rest := len(os.read(reader, 65536)):
            count += rest
        os.close(reader)
        finished[writer] = count
    for writer, count in finished.items():
        for number in range(count):
            assert mine.get("location", b"%d.%d" % (writer, number)), (writer, number)
    # Of each writer at most the one it was killed over is there beside what it told.
    users, contacts, _ = mine.totals("location")
    assert users == contacts
    assert sum(finished.values()) <= users <= sum(finished.values()) + len(finished)
    drain(mine)
    assert mine.totals("location") == Totals(0, 0, users)
    mine.close()


def drain(location: LmdbLocation) -> None:
    more = True
    while more:
        more = location.expire(START + 1e6, 100).more


@pytest.mark.parametrize("clock_before", [START - 3600, START + 3600])
def test_a_reader_that_was_killed_does_not_keep_old_pages(
    path: str, children: Children, clock_before: float
) -> None:
    mine = opened(path)
    mine.expire(clock_before, 1)  # then somebody sets the clock
    mine.update("location", b"joe", add_contact(1))
    inside_read, inside_write = os.pipe()

    def die_reading(location: LmdbLocation) -> None:
        with location._file.reading():
            os.write(inside_write, b"x")
            signal.pause()

    pid = children.start(die_reading)
    os.close(inside_write)  # so that a child that fails is the end of the pipe
    assert os.read(inside_read, 1) == b"x"
    children.kill(pid)
    os.close(inside_read)
    mine.expire(START, 1)  # sweeps
    for number in range(3000):
        later = [binding(expires_at=START + number)]
        mine.update("location", b"joe", partial(_replaced, later))
    in_use = mine._file.environment.info()["last_pgno"] * 4096  # the file has some more, ahead
    assert in_use < 1 << 20
    mine.close()


def _replaced(new: list[Binding], _stored: list[Binding]) -> list[Binding]:
    return new


def test_readers_see_whole_records_while_others_write(path: str, children: Children) -> None:
    def write(location: LmdbLocation) -> None:
        for number in range(1_000_000):
            contacts = [binding(b"sip:%d@10.0.0.%d" % (number, part)) for part in range(3)]
            location.update("location", b"joe", partial(_replaced, contacts))

    mine = opened(path)
    children.start(write)
    seen: set[bytes] = set()
    end = time.monotonic() + DEADLINE
    while len(seen) < 100 and time.monotonic() < end:
        found = mine.get("location", b"joe")
        users = {contact.uri.partition(b"@")[0] for contact in found}
        assert len(users) <= 1
        assert len(found) in (0, 3)
        seen |= users
    assert len(seen) == 100
    mine.close()


def register_elsewhere(path: str) -> None:
    """What a process does that was started afresh, with nothing taken over."""
    location = opened(path)
    location.update("location", b"joe", add_contact(9))
    location.close()


def test_a_process_that_was_not_forked_from_us_shares_the_table(path: str) -> None:
    mine = opened(path)
    process = multiprocessing.get_context("spawn").Process(target=register_elsewhere, args=(path,))
    process.start()
    process.join(DEADLINE)
    assert process.exitcode == 0
    assert len(mine.get("location", b"joe")) == 1
    mine.close()

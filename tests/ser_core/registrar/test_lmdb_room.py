"""Growth of the location table stops in time; refreshes, removal and expiry go on."""

from __future__ import annotations

import errno
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.registrar import lmdb_room
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.lmdb_room import AHEAD, LARGE, STEP
from ser_core.registrar.location import Binding, LocationFull, Totals
from tests.support.own_machine import needs_own_machine
from tests.support.registrar import START, binding, put

SMALL = 3 << 20
DEADLINE = 60.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "location.lmdb")


@pytest.fixture
def location(path: str) -> Iterator[LmdbLocation]:
    opened = LmdbLocation.open(path, map_size=SMALL)
    opened.add_domain("location")
    yield opened
    opened.close()


def long_binding(number: int) -> Binding:
    """The longest that the registrar takes."""
    return Binding(
        b"sip:" + b"u" * 490 + b"@h%07d" % number,
        START + 100_000 + number,
        -1,
        b"c" * 256,
        5,
        b"u" * 128,
        b"sip:" + b"r" * 252,
        0,
        START,
    )


def fill(location: LmdbLocation) -> int:
    """Register one after the other until there is no room; how many."""
    for number in itertools.count():
        try:
            put(location, "location", b"user%d" % number, binding(expires_at=START + number))
        except LocationFull:
            return number
    raise AssertionError


def expire_all(location: LmdbLocation) -> None:
    more = True
    while more:
        more = location.expire(START + 1e6, 100).more


# -- the map --


def test_a_full_table_refuses_new_bindings_and_hurts_nothing_else(location: LmdbLocation) -> None:
    stored = fill(location)
    assert stored > SMALL / 600
    with pytest.raises(LocationFull, match="full"):
        put(location, "location", b"another", binding())
    # Those who are there are found, refresh, leave, and expire.
    assert location.get("location", b"user7") == [binding(expires_at=START + 7)]
    for number in range(stored):
        put(location, "location", b"user%d" % number, binding(expires_at=START + 1000 + number))
    assert location.delete("location", b"user8")
    expire_all(location)
    assert location.totals("location") == Totals(0, 0, stored - 1)
    assert fill(location) > stored * 0.9


def test_those_who_are_there_cannot_grow_until_nobody_can_leave(location: LmdbLocation) -> None:
    stored = fill(location)
    grown = 0
    with pytest.raises(LocationFull, match="in use"):  # noqa: PT012  one of them
        for number in range(stored):
            put(location, "location", b"user%d" % number, long_binding(number))
            grown += 1
    assert grown > 100  # refreshes with something more to tell are taken for a while
    # Who has nothing more to tell is still taken, and all others can go.
    put(location, "location", b"user0", long_binding(0))
    put(location, "location", b"user%d" % (stored - 1), binding(expires_at=START + 5000))
    assert location.delete("location", b"user1")
    expire_all(location)
    assert location.totals("location") == Totals(0, 0, stored - 1)


def test_with_marks_there_is_room_for_one_of_each_record(path: str) -> None:
    location = LmdbLocation.open(path, map_size=SMALL)
    location.mark_changes("location")
    try:
        # Nothing of what is loaded is marked; then the database is away, and everybody refreshes.
        loaded = 0
        with pytest.raises(LocationFull):  # noqa: PT012  one of them
            for loaded in itertools.count():
                records = [(b"user%d" % loaded, [binding(expires_at=START + loaded)])]
                location.fill("location", records, lambda stored, more: stored + more)
        for number in range(loaded):
            put(location, "location", b"user%d" % number, binding(expires_at=START + 1 + number))
        assert location.unwritten("location") == loaded
        expire_all(location)
        assert location.totals("location") == Totals(0, 0, loaded)
        assert location.unwritten("location") == loaded
    finally:
        location.close()


def test_a_refusal_is_over_when_somebody_has_left(location: LmdbLocation) -> None:
    stored = fill(location)
    for _ in range(100):
        with pytest.raises(LocationFull):
            put(location, "location", b"another", binding())
    for number in range(stored // 2):
        location.delete("location", b"user%d" % number)
    put(location, "location", b"another", binding())


def test_too_many_at_once_are_refused_together(location: LmdbLocation) -> None:
    records = [(b"%d" % number, [long_binding(number)]) for number in range(3000)]
    with pytest.raises(LocationFull):
        location.fill("location", records, lambda stored, more: stored + more)
    assert location.totals("location") == Totals(0, 0, 0)
    put(location, "location", b"joe", binding())


# -- the file system --


def refuse(monkeypatch: pytest.MonkeyPatch, error: int = errno.ENOSPC) -> None:
    def fails(descriptor: int, offset: int, length: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "posix_fallocate", fails)


def space_of(path: str) -> int:
    return os.stat(path).st_blocks * 512


def test_the_file_has_its_blocks_before_they_are_needed(path: str) -> None:
    location = LmdbLocation.open(path, map_size=1 << 26)
    location.add_domain("location")
    for number in range(40):
        records = [(b"%d.%d" % (number, x), [long_binding(x)]) for x in range(200)]
        location.fill("location", records, lambda stored, more: stored + more)
        in_use = location._file.environment.info()["last_pgno"] * 4096
        assert AHEAD - STEP <= space_of(path) - in_use <= AHEAD + 4 * STEP
    location.close()


def test_a_file_system_that_gives_no_more_refuses_new_bindings_only(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = LmdbLocation.open(path)
    put(location, "location", b"joe", binding())
    refuse(monkeypatch)
    with pytest.raises(LocationFull, match=r"file system .*: No space left"):  # noqa: PT012
        for number in itertools.count():
            put(location, "location", b"%d" % number, binding())
    assert space_of(path) > AHEAD
    put(location, "location", b"joe", binding(expires_at=START + 5000))
    assert location.delete("location", b"joe")
    monkeypatch.undo()
    put(location, "location", b"ann", binding())
    location.close()


def test_a_new_file_without_space_is_told_at_once(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, errno.EDQUOT)
    with pytest.raises(LocationFull, match="quota"):
        LmdbLocation.open(path)


def test_a_process_that_comes_later_needs_no_space_to_begin(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = LmdbLocation.open(path)
    put(first, "location", b"joe", binding())
    first.close()
    refuse(monkeypatch)
    second = LmdbLocation.open(path)
    second.add_domain("location")
    assert second.get("location", b"joe") == [binding()]
    put(second, "location", b"joe", binding(expires_at=START + 5000))
    with pytest.raises(LocationFull):
        put(second, "location", b"ann", binding())
    second.close()


def test_whoever_has_no_file_descriptor_left_stores_nothing_new(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = LmdbLocation.open(path)

    def fails(path: str, offset: int, length: int) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    put(location, "location", b"joe", binding())
    monkeypatch.setattr(lmdb_room, "_allocate", fails)
    with pytest.raises(LocationFull, match="Too many open files"):  # noqa: PT012  one of them
        for number in itertools.count():
            put(location, "location", b"%d" % number, binding())
    location.close()


def test_a_record_of_many_pages_has_blocks_for_its_next_copy(path: str) -> None:
    location = LmdbLocation.open(path)
    many = [long_binding(number) for number in range(4 * LARGE // 1000)]
    put(location, "location", b"joe", *many)
    for _ in range(3):
        put(location, "location", b"joe", *many)  # takes no more than before, but elsewhere
        in_use = location._file.environment.info()["last_pgno"] * 4096
        assert space_of(path) - in_use > AHEAD - STEP
    location.close()


FULL = """\
import sys
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import LocationFull, Totals
from tests.ser_core.registrar.test_lmdb_room import expire_all, long_binding
from tests.support.registrar import START, binding, put

location = LmdbLocation.open(sys.argv[1] + "/location.lmdb")
for number in range(2000):
    put(location, "location", b"user%d" % number, binding())
with open(sys.argv[1] + "/of-others", "wb", buffering=0) as file:
    try:
        while file.write(bytes(4096)):
            pass
    except OSError as error:
        print(error.strerror)
try:
    for number in range(2000):
        put(location, "location", b"user%d" % number, long_binding(number))
except LocationFull as error:
    print("full")
expire_all(location)
print(location.totals("location") == Totals(0, 0, 2000))
"""


@needs_own_machine()
def test_what_others_store_in_the_file_system_kills_nobody(tmp_path: Path) -> None:
    """Without blocks of its own the table is a SIGBUS to whoever writes it."""
    mount = 'mount -t tmpfs -o size=12m tmpfs "$1" && exec "$2" -c "$3" "$1"'
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, "sh", str(tmp_path), sys.executable, FULL],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "No space left on device\nfull\nTrue\n"), run.stderr

"""What only the store that all processes share does."""

from __future__ import annotations

import gc
import itertools
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ser_core.modules.usrloc.expiry import RECORDS_PER_SLICE
from ser_core.registrar.bindings import permanent
from ser_core.registrar.lmdb_location import TIME, LmdbLocation
from ser_core.registrar.lmdb_records import read_record
from ser_core.registrar.location import (
    NEVER,
    Binding,
    LocationError,
    LocationFull,
    MemoryLocation,
    Totals,
)
from tests.support.registrar import START, binding, put

SMALL = 3 << 20


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "location.lmdb")


@pytest.fixture
def location(path: str) -> Iterator[LmdbLocation]:
    opened = LmdbLocation.open(path, map_size=SMALL)
    opened.add_domain("location")
    yield opened
    opened.close()


def entries(location: LmdbLocation) -> int:
    """How many entries the expiry index of `location` has."""
    with location._begin() as txn:
        return int(txn.stat(location._tables["location"].due)["entries"])


def test_the_files_can_be_read_by_their_owner_only(location: LmdbLocation, path: str) -> None:
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(path + "-lock").st_mode & 0o777 == 0o600


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocationError, match=r"cannot open .*nowhere"):
        LmdbLocation.open(str(tmp_path / "nowhere" / "location.lmdb"))


def test_what_is_removed_is_gone_and_removing_nothing_is_fine(path: str) -> None:
    first = LmdbLocation.open(path, map_size=SMALL)
    put(first, "location", b"joe", binding())
    first.close()
    LmdbLocation.remove(path)
    LmdbLocation.remove(path)
    second = LmdbLocation.open(path, map_size=SMALL)
    assert second.domains() == []
    second.close()


def test_once_closed_everything_is_a_location_error(location: LmdbLocation) -> None:
    location.close()
    attempts: list[Callable[[], Any]] = [
        lambda: location.add_domain("location"),
        lambda: location.domains(),
        lambda: location.expire(START, 1),
    ]
    for attempt in attempts[:2]:
        with pytest.raises(LocationError, match="not open"):
            attempt()
    location.close()


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_child_cannot_use_what_its_parent_has_opened(location: LmdbLocation) -> None:
    put(location, "location", b"joe", binding())
    child = os.fork()
    if not child:
        status = 1
        try:
            location.add_domain("x")
        except LocationError:
            gc.collect()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    put(location, "location", b"ann", binding())
    assert location.totals("location") == Totals(2, 2, 0)


def test_a_damaged_record_is_a_location_error(location: LmdbLocation) -> None:
    with location._begin(write=True) as txn:
        txn.put(b"joe", b"\xc1", db=location._tables["location"].records)
    with pytest.raises(LocationError, match="damaged"):
        location.get("location", b"joe")


# -- the expiry index --


def test_a_refresh_does_not_touch_the_expiry_index(location: LmdbLocation) -> None:
    put(location, "location", b"joe", binding(expires_at=START + 10))
    put(location, "location", b"joe", binding(expires_at=START + 20))
    assert entries(location) == 1
    assert read_record(raw(location, b"joe")).due == START + 10
    location.expire(START + 10, 100)
    assert entries(location) == 1
    assert read_record(raw(location, b"joe")).due == START + 20


def raw(location: LmdbLocation, aor: bytes) -> bytes:
    with location._begin(location._tables["location"].records) as txn:
        return bytes(txn.get(aor) or b"")


def test_whoever_comes_and_goes_leaves_nothing_in_the_expiry_index(location: LmdbLocation) -> None:
    for number in range(50):
        put(location, "location", b"%d" % number, binding(expires_at=START + number))
        location.update("location", b"%d" % number, lambda stored: [])
    put(location, "location", b"joe", binding())
    location.delete("location", b"joe")
    put(location, "location", b"ann", binding())
    put(location, "location", b"ann", permanent(b"sip:a@h", START))
    assert entries(location) == 0


def test_an_entry_without_its_record_goes(location: LmdbLocation) -> None:
    with location._begin(write=True) as txn:
        txn.put(TIME.pack(START) + b"joe", b"", db=location._tables["location"].due)
    assert location.expire(START, 10) == ([], False)
    assert entries(location) == 0


def test_100000_that_expire_at_once_hold_nobody_up(path: str) -> None:
    location = LmdbLocation.open(path, map_size=1 << 28)
    location.add_domain("location")
    for number in range(100_000):
        put(location, "location", b"user%d" % number, binding(expires_at=START))
    longest, more = 0.0, True
    while more:
        began = time.thread_time()
        _, more = location.expire(START, RECORDS_PER_SLICE)
        longest = max(longest, time.thread_time() - began)
    assert longest < 0.05
    assert location.totals("location") == Totals(0, 0, 100_000)
    location.close()


def test_a_registration_takes_less_than_600_bytes(path: str) -> None:
    location = LmdbLocation.open(path, map_size=1 << 28)
    users = random.Random(1).sample(range(20_000), 20_000)
    for seconds, number in enumerate(users):
        contact = Binding(
            b"sip:user%d@10.0.0.1:5062;transport=udp" % number,
            START + seconds / 10,
            -1,
            b"%032d" % number,
            number,
            b"Grandstream GXP2160 1.0.11.6 x",
            b"",
            0,
            START,
        )
        put(location, "location", b"user%d" % number, contact)
    assert os.stat(path).st_blocks * 512 / len(users) < 600
    location.close()


# -- a full table --


def fill(location: LmdbLocation) -> int:
    for number in itertools.count():
        try:
            put(location, "location", b"user%d" % number, binding(expires_at=START + number))
        except LocationFull:
            return number
    raise AssertionError


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
    more = True
    while more:
        _, more = location.expire(START + 1e6, 100)
    assert location.totals("location") == Totals(0, 0, stored - 1)
    assert fill(location) > stored * 0.9


def test_errors_of_lmdb_become_ours(location: LmdbLocation) -> None:
    def fails(stored: list[Binding]) -> list[Binding]:
        raise lmdb.MapFullError("full")

    with pytest.raises(LocationFull):
        location.update("location", b"joe", fails)
    with pytest.raises(LocationError):
        location.update("location", b"j" * 600, lambda stored: [binding()])


# -- beside a model --

AORS = st.sampled_from([b"", b"a", b"b", b"joe", b"joe\x01", b"\xff" * 256])
DOMAINS = st.sampled_from(["location", "aliases"])
BINDINGS = st.lists(
    st.builds(
        binding,
        uri=st.sampled_from([b"sip:a@h", b"sip:b@h", b"sip:c@h"]),
        expires_at=st.integers(-5, 40).map(lambda seconds: START + seconds) | st.just(NEVER),
        q=st.integers(-1, 1000),
    ),
    max_size=4,
)


class BesideAModel(RuleBasedStateMachine):
    """Whatever is done to both, the LMDB store holds what the one in memory holds."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.mkdtemp()
        path = os.path.join(self.directory, "location.lmdb")
        self.real = LmdbLocation.open(path, map_size=1 << 22)
        self.model = MemoryLocation()
        self.now = START
        for store in (self.real, self.model):
            store.add_domain("location")
            store.add_domain("aliases")

    @rule(domain=DOMAINS, aor=AORS, bindings=BINDINGS)
    def replace(self, domain: str, aor: bytes, bindings: list[Binding]) -> None:
        for store in (self.real, self.model):
            store.update(domain, aor, lambda stored: list(bindings))

    @rule(domain=DOMAINS, aor=AORS)
    def fail(self, domain: str, aor: bytes) -> None:
        def change(stored: list[Binding]) -> list[Binding]:
            stored.clear()
            raise RuntimeError("no")

        with pytest.raises(RuntimeError):
            self.real.update(domain, aor, change)

    @rule(domain=DOMAINS, aor=AORS)
    def delete(self, domain: str, aor: bytes) -> None:
        assert self.real.delete(domain, aor) == self.model.delete(domain, aor)

    @rule(seconds=st.integers(0, 12), limit=st.integers(1, 4))
    def time_passes(self, seconds: int, limit: int) -> None:
        self.now += seconds
        removed = []
        for store in (self.real, self.model):
            gone, more = [], True
            while more:
                part, more = store.expire(self.now, limit)
                gone.extend(part)
            removed.append(sorted(gone, key=repr))
        assert removed[0] == removed[1]

    @rule(domain=DOMAINS, after=st.none() | AORS, limit=st.integers(1, 4), backwards=st.booleans())
    def page(self, domain: str, after: bytes | None, limit: int, backwards: bool) -> None:
        pages = [
            store.page(domain, after, limit, backwards=backwards)
            for store in (self.real, self.model)
        ]
        assert pages[0] == pages[1]

    @rule(
        domain=DOMAINS,
        after=st.none() | AORS,
        bindings=st.integers(0, 9),
        limit=st.integers(1, 4),
        backwards=st.booleans(),
    )
    def skip(
        self, domain: str, after: bytes | None, bindings: int, limit: int, backwards: bool
    ) -> None:
        passed = [
            store.skip(domain, after, bindings, limit, backwards=backwards)
            for store in (self.real, self.model)
        ]
        assert passed[0] == passed[1]

    @invariant()
    def both_hold_the_same(self) -> None:
        for domain in ("location", "aliases"):
            assert self.real.totals(domain) == self.model.totals(domain)
            assert self.real.page(domain, None, 99) == self.model.page(domain, None, 99)

    def teardown(self) -> None:
        self.real.close()
        shutil.rmtree(self.directory)


TestBesideAModel = BesideAModel.TestCase

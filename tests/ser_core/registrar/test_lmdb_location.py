"""What only the store that all processes share does."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ser_core.registrar import lmdb_expiry
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import (
    NEVER,
    Binding,
    Expired,
    ExpirySlice,
    LocationError,
    LocationFull,
    MemoryLocation,
    Totals,
)
from ser_core.registrar.marks import Mark
from tests.support.registrar import START, binding, put

SMALL = 3 << 20
JOE = b"joe"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "location.lmdb")


@pytest.fixture
def location(path: str) -> Iterator[LmdbLocation]:
    opened = LmdbLocation.open(path, map_size=SMALL)
    opened.add_domain("location")
    yield opened
    opened.close()


def test_what_is_removed_is_gone(path: str) -> None:
    first = LmdbLocation.open(path, map_size=SMALL)
    put(first, "location", JOE, binding())
    first.close()
    LmdbLocation.remove(path)
    second = LmdbLocation.open(path, map_size=SMALL)
    assert second.domains() == []
    second.close()


def everything(location: LmdbLocation) -> list[Callable[[], Any]]:
    return [
        lambda: location.add_domain("elsewhere"),
        lambda: location.domains(),
        lambda: location.get("location", JOE),
        lambda: location.update("location", JOE, list),
        lambda: location.delete("location", JOE),
        lambda: location.totals("location"),
        lambda: location.page("location", None, 1),
        lambda: location.skip("location", None, 1, 1),
        lambda: location.fill("location", [(JOE, [])], lambda stored, more: more),
        lambda: location.expire(START, 1),
        lambda: location.mark_changes("elsewhere"),
        lambda: location.unwritten("location"),
        lambda: location.is_unwritten("location", JOE),
        lambda: location.last_change(),
        lambda: location.marked("location", None, 1, 1),
        lambda: location.snapshots("location", [JOE]),
        lambda: location.unmark([Mark("location", JOE, b"")]),
    ]


def test_once_closed_everything_is_a_location_error(location: LmdbLocation) -> None:
    location.close()
    for attempt in everything(location):
        with pytest.raises(LocationError, match="not open"):
            attempt()
    location.close()


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_child_cannot_use_what_its_parent_has_opened(location: LmdbLocation, path: str) -> None:
    put(location, "location", JOE, binding())
    child = os.fork()
    if not child:
        status = 1
        try:
            for attempt in everything(location):
                with pytest.raises(LocationError, match="not open"):
                    attempt()
            again = LmdbLocation.open(path, map_size=SMALL)
            put(again, "location", b"child", binding())
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    put(location, "location", b"ann", binding())
    assert location.totals("location") == Totals(3, 3, 0)


def test_a_table_that_only_others_have_opened_can_be_read(path: str) -> None:
    first = LmdbLocation.open(path, map_size=SMALL)
    put(first, "friends", JOE, binding())
    first.close()
    second = LmdbLocation.open(path, map_size=SMALL)
    second.add_domain("location")
    assert [second.totals(domain).users for domain in second.domains()] == [1, 0]
    second.close()


def test_errors_of_lmdb_become_ours(location: LmdbLocation) -> None:
    def fails(stored: list[Binding]) -> list[Binding]:
        raise lmdb.MapFullError("full")

    with pytest.raises(LocationFull):
        location.update("location", JOE, fails)
    with pytest.raises(LocationError):
        location.update("location", b"j" * 600, lambda stored: [binding()])
    put(location, "location", JOE, binding())  # no transaction is left open


def test_whatever_ends_a_change_the_next_one_can_begin(location: LmdbLocation) -> None:
    def ends(stored: list[Binding]) -> list[Binding]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        location.update("location", JOE, ends)
    put(location, "location", JOE, binding())
    assert location.get("location", JOE) == [binding()]


def test_nobody_is_found_under_a_key_that_is_too_long(location: LmdbLocation) -> None:
    assert location.get("location", b"j" * 5000) == []
    assert not location.delete("location", b"j" * 5000)
    assert location.page("location", b"j" * 5000, 9) == []


@pytest.mark.parametrize("aor", [b"a/due", b"#location", b"location/unwritten", b"j\0e", b"\0\0"])
def test_an_address_of_record_cannot_be_taken_for_something_else(
    location: LmdbLocation, aor: bytes
) -> None:
    location.mark_changes("location")
    put(location, "location", aor, binding())
    put(location, "location", b"", binding(b"sip:nobody@h"))
    assert location.get("location", aor) == [binding()]
    assert location.domains() == ["location"]
    assert location.delete("location", aor)
    assert location.totals("location") == Totals(1, 1, 0)
    assert [x.aor for x in location.marked("location", None, 9, location.last_change())] == [
        b"",
        aor,
    ]


def test_ten_thousand_contacts_of_one_user(path: str) -> None:
    location = LmdbLocation.open(path)
    contacts = [binding(b"sip:joe@10.0.0.%d" % number) for number in range(10_000)]
    put(location, "location", JOE, *contacts)
    for number in range(20):
        more = binding(b"sip:more@10.0.0.%d" % number)
        location.update("location", JOE, lambda stored, more=more: [*stored[1:], more])  # type: ignore[misc]
    assert len(location.get("location", JOE)) == 10_000
    assert location.skip("location", None, 10_000, 9) == (JOE, 10_000)
    # Each change is a copy of all; but old ones are used again.
    assert location._file.environment.info()["last_pgno"] * 4096 < 10 << 20
    assert len(location.expire(START + 1e6, 9).removed) == 10_000
    assert location.totals("location") == Totals(0, 0, 10_000)
    location.close()


def test_pages_go_on_while_others_write(location: LmdbLocation) -> None:
    """Who is there all the time is seen once, whoever comes and goes meanwhile."""
    for number in range(0, 200, 2):
        put(location, "location", b"%03d" % number, binding())
    seen: list[bytes] = []
    after: bytes | None = None
    for turn in itertools.count():
        page = location.page("location", after, 7)
        if not page:
            break
        seen += [aor for aor, _ in page]
        after = seen[-1]
        location.delete("location", after)  # the one that the next page begins behind
        put(location, "location", b"%03d" % ((turn * 37) % 200 | 1), binding())
    assert sorted(set(seen)) == seen
    assert {b"%03d" % number for number in range(0, 200, 2)} <= set(seen)


# -- expiry --


def test_the_expiry_takes_its_limit_over_all_tables(location: LmdbLocation) -> None:
    for domain in ("location", "aliases"):
        for number in range(3):
            put(location, domain, b"%d" % number, binding(expires_at=START))
    slices = [location.expire(START, 4) for _ in range(2)]
    assert [(len(x.removed), x.more) for x in slices] == [(4, True), (2, False)]


def test_a_slice_that_finds_no_room_is_tried_with_fewer_records(
    location: LmdbLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when readers keep the old pages, or each record has its pages for itself."""
    limits: list[int] = []
    real = lmdb_expiry.expire

    def full_for_many(*arguments: Any) -> tuple[int, list[Expired]]:
        limits.append(arguments[-1])
        done = real(*arguments)
        if arguments[-1] > 3:
            raise lmdb.MapFullError("full")
        return done

    for number in range(5):
        put(location, "location", b"%d" % number, binding(expires_at=START))
    monkeypatch.setattr(lmdb_expiry, "expire", full_for_many)
    slices = [location.expire(START, 200) for _ in range(2)]
    assert [(len(x.removed), x.more) for x in slices] == [(3, True), (2, True)]
    assert limits == [200, 25, 3] * 2
    assert location.totals("location") == Totals(0, 0, 5)


def test_an_expiry_without_any_room_is_told(
    location: LmdbLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> tuple[int, list[Expired]]:
        raise lmdb.MapFullError("full")

    put(location, "location", JOE, binding(expires_at=START))
    with monkeypatch.context() as patch:
        patch.setattr(lmdb_expiry, "expire", full)
        with pytest.raises(LocationFull):
            location.expire(START, 200)
    assert location.expire(START, 200) == ExpirySlice(
        [Expired("location", JOE, binding(expires_at=START))], False
    )


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

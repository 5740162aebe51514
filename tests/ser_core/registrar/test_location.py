"""What every `Location` does: the tests run over the store in memory and over LMDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ser_core.registrar.bindings import permanent
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import (
    NEVER,
    Binding,
    Expired,
    ExpirySlice,
    Location,
    MemoryLocation,
    Passed,
    Totals,
    pass_over,
)
from tests.support.registrar import START, binding, put

JOE = b"joe"


@pytest.fixture(params=["memory", "lmdb"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    if request.param == "memory":
        yield MemoryLocation("location", "aliases")
        return
    opened = LmdbLocation.open(str(tmp_path / "location.lmdb"), map_size=1 << 24)
    opened.add_domain("location")
    opened.add_domain("aliases")
    yield opened
    opened.close()


def test_a_binding_is_valid_until_its_time() -> None:
    assert binding(expires_at=10.0).is_valid(9.9)
    assert not binding(expires_at=10.0).is_valid(10.0)
    assert binding(expires_at=NEVER).is_valid(1e12)


def test_nobody_is_there_at_first(location: Location) -> None:
    assert location.get("location", JOE) == []
    assert location.totals("location") == Totals(0, 0, 0)
    assert location.page("location", None, 10) == []


def test_what_is_stored_is_found_unchanged(location: Location) -> None:
    bindings = [
        Binding(
            b"sip:joe@\xff", START + 0.125, 700, b"call", 2**31 - 1, b"UA", b"sip:1.2.3.4", 1, START
        ),
        permanent(b"sip:joe@10.0.0.2", START),
    ]
    put(location, "location", JOE, *bindings)
    assert location.get("location", JOE) == bindings


def test_domains_are_apart(location: Location) -> None:
    put(location, "aliases", JOE, binding(b"sip:a@h"))
    assert location.get("location", JOE) == []
    assert location.domains() == ["aliases", "location"]
    assert location.totals("aliases") == Totals(1, 1, 0)


def test_a_domain_that_nobody_has_mentioned_is_a_key_error(location: Location) -> None:
    with pytest.raises(KeyError):
        location.get("elsewhere", JOE)


def test_adding_a_domain_twice_keeps_what_is_in_it(location: Location) -> None:
    put(location, "location", JOE, binding())
    location.add_domain("location")
    assert location.get("location", JOE) == [binding()]


def test_update_hands_over_what_is_stored_and_returns_what_will_be(location: Location) -> None:
    put(location, "location", JOE, binding(b"sip:a@h"))
    seen: list[list[Binding]] = []

    def change(stored: list[Binding]) -> list[Binding]:
        seen.append(stored)
        return [*stored, binding(b"sip:b@h")]

    made = location.update("location", JOE, change)
    assert seen == [[binding(b"sip:a@h")]]
    assert made == location.get("location", JOE) == [binding(b"sip:a@h"), binding(b"sip:b@h")]


def test_an_update_that_raises_changes_nothing(location: Location) -> None:
    put(location, "location", JOE, binding())

    def change(stored: list[Binding]) -> list[Binding]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        location.update("location", JOE, change)
    assert location.get("location", JOE) == [binding()]
    put(location, "location", b"ann", binding())  # and the store goes on


def test_a_record_without_bindings_is_gone(location: Location) -> None:
    put(location, "location", JOE, binding())
    assert location.update("location", JOE, lambda stored: []) == []
    assert location.totals("location") == Totals(0, 0, 0)
    assert not location.delete("location", JOE)


def test_delete_removes_the_whole_record(location: Location) -> None:
    put(location, "location", JOE, binding(b"sip:a@h"), permanent(b"sip:b@h", START))
    assert location.delete("location", JOE)
    assert location.get("location", JOE) == []
    assert location.totals("location") == Totals(0, 0, 0)


@pytest.mark.parametrize("aor", [b"", b"j" * 256, b"\xff\x01", "jö".encode()])
def test_every_address_of_record_can_be_a_key(location: Location, aor: bytes) -> None:
    put(location, "location", aor, binding(expires_at=START))
    assert location.get("location", aor) == [binding(expires_at=START)]
    assert location.page("location", None, 9) == [(aor, [binding(expires_at=START)])]
    assert location.expire(START, 9).removed == [
        Expired("location", aor, binding(expires_at=START))
    ]


def test_totals_count_records_and_bindings(location: Location) -> None:
    put(location, "location", b"a", binding(b"sip:1@h"), binding(b"sip:2@h"))
    put(location, "location", b"b", binding(b"sip:3@h"))
    assert location.totals("location") == Totals(2, 3, 0)
    put(location, "location", b"a", binding(b"sip:1@h"))
    assert location.totals("location") == Totals(2, 2, 0)


# -- expiry --


def test_expire_takes_what_is_due_and_leaves_the_rest(location: Location) -> None:
    early, late = binding(b"sip:a@h", expires_at=START + 1), binding(b"sip:b@h")
    put(location, "location", JOE, early, late)
    put(location, "location", b"ann", binding(expires_at=START + 2))
    assert location.expire(START + 0.999, 100) == ExpirySlice([], False)
    assert location.expire(START + 1, 100).removed == [Expired("location", JOE, early)]
    assert location.get("location", JOE) == [late]
    assert location.totals("location") == Totals(2, 2, 1)


def test_expire_looks_into_every_domain(location: Location) -> None:
    put(location, "location", JOE, binding(expires_at=START))
    put(location, "aliases", JOE, binding(expires_at=START))
    removed, more = location.expire(START, 100)
    assert {expired.domain for expired in removed} == {"location", "aliases"}
    assert not more


def test_permanent_bindings_stay(location: Location) -> None:
    put(location, "aliases", JOE, permanent(b"sip:a@h", START), binding(expires_at=START))
    assert len(location.expire(START + 1e9, 100).removed) == 1
    assert location.get("aliases", JOE) == [permanent(b"sip:a@h", START)]
    assert location.expire(START + 1e10, 100) == ExpirySlice([], False)


def test_a_refreshed_binding_leaves_at_its_new_time(location: Location) -> None:
    put(location, "location", JOE, binding(expires_at=START + 10))
    put(location, "location", JOE, binding(expires_at=START + 20))
    assert location.expire(START + 10, 100).removed == []
    assert location.expire(START + 19.9, 100).removed == []
    assert len(location.expire(START + 20, 100).removed) == 1


def test_a_shortened_binding_leaves_at_its_new_time(location: Location) -> None:
    put(location, "location", JOE, binding(expires_at=START + 20))
    put(location, "location", JOE, binding(expires_at=START + 10))
    assert len(location.expire(START + 10, 100).removed) == 1


def test_a_slice_has_its_limit_and_tells_that_more_is_due(location: Location) -> None:
    for number in range(25):
        put(location, "location", b"%d" % number, binding(expires_at=START + number / 100))
    sizes, more = [], True
    while more:
        removed, more = location.expire(START + 1, 10)
        sizes.append(len(removed))
    assert sizes == [10, 10, 5]
    assert location.totals("location") == Totals(0, 0, 25)


# -- pages --


def test_pages_follow_each_other_without_gap_or_repetition(location: Location) -> None:
    names = sorted([b"", b"a", b"a\x01", b"ab", b"b", b"\xff"])
    for name in names:
        put(location, "location", name, binding())
    seen: list[bytes] = []
    page = location.page("location", None, 2)
    while page:
        seen.extend(aor for aor, _ in page)
        page = location.page("location", seen[-1], 2)
    assert seen == names


def test_a_page_may_begin_behind_a_record_that_has_gone(location: Location) -> None:
    for name in (b"a", b"c"):
        put(location, "location", name, binding())
    assert [aor for aor, _ in location.page("location", b"b", 9)] == [b"c"]
    assert location.page("location", b"c", 9) == []


def test_backwards_pages_have_the_last_record_first(location: Location) -> None:
    names = sorted([b"", b"a", b"a\x01", b"ab", b"b", b"\xff"])
    for name in names:
        put(location, "location", name, binding())
    seen: list[bytes] = []
    page = location.page("location", None, 2, backwards=True)
    while page:
        seen.extend(aor for aor, _ in page)
        page = location.page("location", seen[-1], 2, backwards=True)
    assert seen == names[::-1]
    assert [aor for aor, _ in location.page("location", b"aa", 1, backwards=True)] == [b"a\x01"]
    assert [aor for aor, _ in location.page("location", b"\xff\xff", 1, backwards=True)] == [
        b"\xff"
    ]


def three_records(location: Location) -> None:
    put(location, "location", b"a", binding(b"sip:1@h"))
    put(location, "location", b"b", binding(b"sip:2@h"), binding(b"sip:3@h"))
    put(location, "location", b"c", binding(b"sip:4@h"))


@pytest.mark.parametrize(
    ("after", "bindings", "limit", "passed"),
    [
        (None, 0, 9, (None, 0)),
        (None, 1, 9, (b"a", 1)),
        (None, 2, 9, (b"a", 1)),  # the next one has two
        (None, 3, 9, (b"b", 3)),
        (None, 99, 9, (b"c", 4)),
        (None, 99, 2, (b"b", 3)),
        (b"a", 1, 9, (b"a", 0)),
        (b"a", 2, 9, (b"b", 2)),
        (b"aa", 2, 9, (b"b", 2)),
        (b"c", 9, 9, (b"c", 0)),
    ],
)
def test_skip_passes_over_whole_records(
    location: Location,
    after: bytes | None,
    bindings: int,
    limit: int,
    passed: tuple[bytes | None, int],
) -> None:
    three_records(location)
    assert location.skip("location", after, bindings, limit) == passed


@pytest.mark.parametrize(
    ("after", "bindings", "passed"),
    [
        (None, 2, (b"c", 1)),
        (None, 3, (b"b", 3)),
        (None, 99, (b"a", 4)),
        (b"c", 2, (b"b", 2)),
        (b"a", 2, (b"a", 0)),
    ],
)
def test_skip_goes_backwards_too(
    location: Location, after: bytes | None, bindings: int, passed: tuple[bytes | None, int]
) -> None:
    three_records(location)
    assert location.skip("location", after, bindings, 9, backwards=True) == passed


def test_skip_knows_the_empty_address_of_record(location: Location) -> None:
    put(location, "location", b"", binding())
    put(location, "location", b"a", binding())
    assert location.skip("location", None, 1, 9) == (b"", 1)
    assert location.skip("location", b"", 9, 9) == (b"a", 1)
    assert location.skip("location", b"a", 9, 9, backwards=True) == (b"", 1)
    assert location.skip("location", b"", 9, 9, backwards=True) == (b"", 0)


def test_nothing_is_passed_over_in_an_empty_table(location: Location) -> None:
    assert location.skip("location", None, 9, 9) == (None, 0)
    assert location.skip("location", None, 9, 9, backwards=True) == (None, 0)


def test_records_are_passed_over_as_long_as_they_fit_whole() -> None:
    records = [(b"a", [binding()]), (b"b", [binding()] * 2), (b"c", [binding()])]
    assert pass_over(records, b"0", 0) == Passed(b"0", 0)
    assert pass_over(records, b"0", 2) == Passed(b"a", 1)
    assert pass_over(records, b"0", 9) == Passed(b"c", 4)
    assert pass_over([], None, 9) == Passed(None, 0)

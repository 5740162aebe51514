from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.modules.usrloc import listing
from ser_core.modules.usrloc.list_query import SORT_KEYS, ListQuery
from ser_core.modules.usrloc.listing import (
    COLUMNS,
    ROWS_PER_SLICE,
    Page,
    Registered,
    find_page,
    row,
    rows,
)
from ser_core.registrar.bindings import permanent
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import NEVER, Binding, Location, MemoryLocation
from tests.support.location_control import LocationControl
from tests.support.registrar import START, binding, put


@pytest.fixture(params=["memory", "lmdb"])
def control(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocationControl]:
    if request.param == "memory":
        yield LocationControl(MemoryLocation("location"))
        return
    opened = LmdbLocation.open(str(tmp_path / "location.lmdb"), map_size=1 << 26)
    opened.add_domain("location")
    yield LocationControl(opened)
    opened.close()


def page(control: Any, **query: Any) -> Page:
    return find_page(control, "location", ListQuery(**query))


def contacts(found: Page) -> list[bytes]:
    return [each.binding.uri for each in found.bindings]


def fill(control: LocationControl, users: int) -> None:
    """Every third one has two contacts; who registered later expires earlier."""
    for number in range(users):
        bindings = [
            binding(
                b"sip:%d@h" % (number * 7919 % users),
                expires_at=START + 9999 - number,
                since=START + number,
            )
        ]
        if number % 3 == 0:
            bindings.append(binding(b"sip:too%d@h" % number, expires_at=START + 5, q=number % 1000))
        put(control.location, "location", b"user%05d" % number, *bindings)


# -- what is found --


@pytest.mark.parametrize("sort", SORT_KEYS)
@pytest.mark.parametrize("text", [b"", b"joe"])
def test_an_empty_table_has_an_empty_page(control: LocationControl, sort: str, text: bytes) -> None:
    assert page(control, sort=sort, filter=text) == Page([], 0, 0)


def test_contacts_of_one_user_come_in_their_order(control: LocationControl) -> None:
    put(control.location, "location", b"b", binding(b"sip:2@h", q=500), binding(b"sip:3@h"))
    put(control.location, "location", b"a", binding(b"sip:1@h"))
    assert contacts(page(control)) == [b"sip:1@h", b"sip:2@h", b"sip:3@h"]
    assert contacts(page(control, descending=True)) == [b"sip:3@h", b"sip:2@h", b"sip:1@h"]


def test_a_page_may_begin_and_end_between_the_contacts_of_a_user(control: LocationControl) -> None:
    for name in (b"a", b"b", b"c"):
        bindings = [binding(b"sip:%b%d@h" % (name, number)) for number in range(3)]
        put(control.location, "location", name, *bindings)
    assert contacts(page(control, offset=2, limit=2)) == [b"sip:a2@h", b"sip:b0@h"]
    assert contacts(page(control, offset=5, limit=2)) == [b"sip:b2@h", b"sip:c0@h"]
    assert contacts(page(control, offset=8, limit=2)) == [b"sip:c2@h"]
    assert contacts(page(control, offset=4, limit=2, descending=True)) == [b"sip:b1@h", b"sip:b0@h"]


@pytest.mark.parametrize("sort", ["aor", "expires"])
def test_behind_the_end_there_is_nothing(control: LocationControl, sort: str) -> None:
    fill(control, 3)
    assert page(control, sort=sort, offset=4) == Page([], 4, 4)
    assert page(control, sort=sort, offset=1 << 31) == Page([], 4, 4)


@pytest.mark.parametrize("sort", ["aor", "expires"])
def test_a_page_without_rows_has_the_numbers(control: LocationControl, sort: str) -> None:
    fill(control, 3)
    assert page(control, sort=sort, limit=0) == Page([], 4, 4)


def test_a_filter_counts_what_matches_in_all_pages(control: LocationControl) -> None:
    fill(control, 600)
    found = page(control, filter=b"too", limit=3)
    assert contacts(found) == [b"sip:too0@h", b"sip:too3@h", b"sip:too6@h"]
    assert (found.total, found.matched) == (800, 200)


def test_permanent_contacts_come_last_by_expiry(control: LocationControl) -> None:
    put(control.location, "location", b"a", permanent(b"sip:1@h", START))
    put(control.location, "location", b"b", binding(b"sip:2@h"))
    assert contacts(page(control, sort="expires")) == [b"sip:2@h", b"sip:1@h"]


def test_those_with_the_same_key_come_by_address(control: LocationControl) -> None:
    for name in (b"c", b"a", b"b"):
        put(control.location, "location", name, binding(b"sip:%b@h" % name, q=500))
    assert contacts(page(control, sort="q")) == [b"sip:a@h", b"sip:b@h", b"sip:c@h"]
    assert contacts(page(control, sort="q", descending=True)) == [
        b"sip:c@h",
        b"sip:b@h",
        b"sip:a@h",
    ]


@pytest.mark.parametrize("text", [b"", b"too"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_behind_an_address_are_the_whole_table(
    control: LocationControl, text: bytes, descending: bool
) -> None:
    fill(control, 600)
    put(control.location, "location", b"", binding(b"sip:too-early@h"))
    how = {"filter": text, "descending": descending}
    whole = page(control, limit=10_000, **how).bindings
    found = whole[:1]
    while more := page(control, after=found[-1].aor, limit=100, **how).bindings:
        found += more
        assert len(more) <= 100
    once = [each for each in whole if each.aor != whole[0].aor or each is whole[0]]
    assert found == once
    assert page(control, after=b"user00010", limit=0, **how) == Page([], 801, None)


def test_behind_an_address_no_more_is_read_than_the_page_needs(control: LocationControl) -> None:
    fill(control, 2000)
    control.pauses = 0
    assert len(page(control, after=b"user00010", limit=10, filter=b"sip").bindings) == 10
    assert control.pauses < 2


def test_rows_come_with_pauses(control: LocationControl) -> None:
    fill(control, 1500)
    found = page(control, limit=2000)
    control.pauses = 0
    shown = list(rows(cast(Any, control), "location", found))
    assert shown == [row("location", each) for each in found.bindings]
    assert control.pauses == len(shown) // ROWS_PER_SLICE


def test_a_row_has_a_value_for_each_column() -> None:
    made = Binding(
        b"sip:j\xff@h", START + 60.75, 500, b"c1", 9, b"UA/1\t", b"sip:1.2.3.4", 1, START
    )
    values = row("location", Registered(b"joe", made))
    assert dict(zip(COLUMNS, values, strict=True)) == {
        "aor": "joe",
        "contact": "sip:j\udcff@h",
        "expires": "1700000061",
        "q": "0.5",
        "call_id": "c1",
        "cseq": "9",
        "user_agent": "UA/1\t",
        "received": "sip:1.2.3.4",
        "flags": "1",
        "since": "1700000000",
        "table": "location",
    }


def test_a_row_of_a_permanent_contact_without_q() -> None:
    values = row("location", Registered(b"joe", permanent(b"sip:a@h", START)))
    assert values[COLUMNS.index("expires")] == "0"
    assert values[COLUMNS.index("q")] == ""


# -- nobody is held up --


def test_work_is_done_in_slices(control: LocationControl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "KEYS_PER_SLICE", 100)
    fill(control, 1000)
    page(control, offset=600)
    assert control.pauses > 4
    control.pauses = 0
    page(control, sort="expires", offset=900)
    assert control.pauses >= 4


def test_a_page_of_any_order_keeps_little_more_than_the_page(
    control: LocationControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SPARE", 300)
    held: list[int] = []
    merged = listing._merged

    def watched(control: Any, runs: Any, end: int, descending: bool) -> Any:
        held.append(sum(map(len, runs)))
        return merged(control, runs, end, descending)

    monkeypatch.setattr(listing, "_merged", watched)
    fill(control, 3000)
    found = page(control, sort="expires", offset=100, limit=50)
    assert found.total == 4000
    assert len(held) > 2
    assert max(held) <= 150 + 300 + 150  # what is kept, to spare, and of one more slice


@pytest.mark.parametrize("query", [{}, {"sort": "expires"}, {"filter": b"user"}])
def test_a_table_that_is_emptied_meanwhile_ends_the_page(
    control: LocationControl, query: dict[str, Any]
) -> None:
    fill(control, 600)

    def empty() -> None:
        for number in range(600):
            control.location.delete("location", b"user%05d" % number)

    control.on_pause = empty
    found = page(control, limit=1000, offset=100, **query)
    assert len(found.bindings) < 700
    assert page(control, limit=1000, **query).bindings == []


# -- beside everything, sorted --

BINDINGS = st.builds(
    binding,
    uri=st.sampled_from([b"sip:a@h", b"sip:B@h", b"sip:c@h", b"sip:d@h"]),
    expires_at=st.integers(0, 3).map(lambda seconds: START + seconds) | st.just(NEVER),
    q=st.sampled_from([-1, 0, 500, 1000]),
    since=st.integers(0, 2).map(float),
)
RECORDS = st.dictionaries(
    st.sampled_from([b"", b"A", b"a", b"ab", b"b", b"ba", b"joe", b"\xff"]),
    st.lists(BINDINGS, min_size=1, max_size=20),
)


def everything(location: Location, query: ListQuery) -> list[Registered]:
    """What all pages together must be, found in the plainest way."""
    rows = [
        (SORT_KEYS[query.sort](aor, each), aor, place, each)
        for aor, bindings in location.page("location", None, 1000)
        for place, each in enumerate(bindings)
    ]
    rows.sort(key=lambda entry: entry[:3], reverse=query.descending)
    return [
        Registered(aor, each)
        for _, aor, _, each in rows
        if query.filter in (aor + b"\n" + each.uri + b"\n" + each.user_agent).lower()
    ]


@pytest.fixture(scope="module")
def lmdb() -> Iterator[LmdbLocation]:
    with tempfile.TemporaryDirectory() as directory:
        opened = LmdbLocation.open(f"{directory}/location.lmdb", map_size=1 << 24)
        yield opened
        opened.close()


@given(
    records=RECORDS,
    sort=st.sampled_from(list(SORT_KEYS)),
    descending=st.booleans(),
    text=st.sampled_from([b"", b"a", b"b@h", b"nobody", b"test"]),
    limit=st.integers(1, 7),
    spare=st.sampled_from([0, 10, 1000]),
    slice_size=st.sampled_from([1, 2, 250]),
)
def test_all_pages_together_are_everything_in_order(
    lmdb: LmdbLocation,
    records: dict[bytes, list[Binding]],
    sort: str,
    descending: bool,
    text: bytes,
    limit: int,
    spare: int,
    slice_size: int,
) -> None:
    for location in (MemoryLocation(), lmdb):
        location.add_domain("location")
        for aor, _ in location.page("location", None, 1000):
            location.delete("location", aor)
        for aor, bindings in records.items():
            put(location, "location", aor, *bindings)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(listing, "SPARE", spare)
            patch.setattr(listing, "KEYS_PER_SLICE", slice_size)
            patch.setattr(listing, "RECORDS_PER_SLICE", slice_size)
            check_pages(location, ListQuery(b"location", text, sort, descending, limit))


def check_pages(location: Location, query: ListQuery) -> None:
    wanted = everything(location, query)
    total = location.totals("location").contacts
    found: list[Registered] = []
    for offset in range(0, len(wanted) + query.limit, query.limit):
        part = page(
            LocationControl(location),
            filter=query.filter,
            sort=query.sort,
            descending=query.descending,
            limit=query.limit,
            offset=offset,
        )
        assert (part.total, part.matched) == (total, len(wanted))
        found += part.bindings
    assert found == wanted

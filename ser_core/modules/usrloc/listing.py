"""A page of a table that may hold 100,000 registrations, without holding anybody up.

In the order of addresses-of-record, which is that of the table, a page is found by counting up to
it. Any other order, and a filter, needs a look at everything: slice by slice, keeping no more than
the page and what stands before it.

Measured, 100,000 registrations in LMDB, a page of 50: in the order of addresses 0.3 ms at either
end, 14 ms in the middle; in another order 0.12 s, its last page 0.28 s; with a filter 0.18 s. The
longest time between two pauses was 5 ms.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ser_core.modules.usrloc.dump import shown_q
from ser_core.modules.usrloc.fifo_arguments import as_text
from ser_core.modules.usrloc.list_query import SORT_KEYS, ListQuery
from ser_core.modules.usrloc.scan import RECORDS_PER_SLICE, slices

if TYPE_CHECKING:
    from ser_core.fifo.declarations import Control
    from ser_core.registrar.location import Binding

KEYS_PER_SLICE = 10_000
"""Records that are passed over between two pauses."""
ENTRIES_PER_SLICE = 2_000
"""Sorted entries that are merged between two pauses."""
ROWS_PER_SLICE = 500
"""Lines of the answer that are made between two pauses."""
SPARE = 4 * ENTRIES_PER_SLICE
"""Entries that are kept beside those that can still stand on the page or before it."""

COLUMNS = (
    "aor",
    "contact",
    "expires",
    "q",
    "call_id",
    "cseq",
    "user_agent",
    "received",
    "flags",
    "since",
    "table",
)


class Registered(NamedTuple):
    """A binding and whose it is."""

    aor: bytes
    binding: Binding


class Page(NamedTuple):
    """What ul_list answers."""

    bindings: list[Registered]
    total: int
    """Bindings in the table."""
    matched: int | None
    """Those that the filter lets through; None: nobody has counted them."""


Entry = tuple[Any, bytes, int, "Binding"]  # Any: bytes or a number, as SORT_KEYS has it
"""Key, address-of-record, place in the record: no two are the same. And the binding."""


def find_page(control: Control, table: str, query: ListQuery) -> Page:
    """The page that is asked for. Raises LocationError.

    `-` in front of the order turns it round, ties and all.
    """
    if query.after is not None:
        return _page_behind(control, table, query)
    if query.sort == "aor" and not query.filter:
        return _page_by_aor(control, table, query)
    return _page_of_all(control, table, query)


def rows(control: Control, table: str, page: Page) -> Iterator[list[str]]:
    """The lines of the answer, with a pause now and then."""
    for number, registered in enumerate(page.bindings, 1):
        yield row(table, registered)
        if number % ROWS_PER_SLICE == 0:
            control.pause()


def row(table: str, registered: Registered) -> list[str]:
    """A line of the answer, by COLUMNS. Times are Unix seconds; 0: it never expires."""
    aor, binding = registered
    return [
        as_text(aor),
        as_text(binding.uri),
        str(int(binding.expires_at)),
        shown_q(binding).decode(),
        as_text(binding.call_id),
        str(binding.cseq),
        as_text(binding.user_agent),
        as_text(binding.received),
        str(binding.flags),
        str(int(binding.since)),
        table,
    ]


# -- in the order of the table -------------------------------------------------------------------


def _page_by_aor(control: Control, table: str, query: ListQuery) -> Page:
    total = control.location.totals(table).contacts
    limit = min(query.limit, total - query.offset)
    if limit <= 0:
        return Page([], total, total)
    behind = total - query.offset - limit
    if behind < query.offset:  # the way from the other end is shorter
        found = _walk(control, table, behind, limit, not query.descending)
        found.reverse()
    else:
        found = _walk(control, table, query.offset, limit, query.descending)
    return Page(found, total, total)


def _walk(
    control: Control, table: str, offset: int, limit: int, backwards: bool
) -> list[Registered]:
    """Up to `limit` bindings behind the first `offset` ones."""
    after, offset = _pass_over(control, table, offset, backwards)
    end = offset + limit
    found: list[Registered] = []
    while len(found) < end:
        records = control.location.page(
            table, after, min(end, RECORDS_PER_SLICE), backwards=backwards
        )
        if not records:
            break
        after = records[-1][0]
        for aor, bindings in records:
            ordered = reversed(bindings) if backwards else bindings
            found.extend(Registered(aor, binding) for binding in ordered)
        control.pause()
    return found[offset:end]


def _pass_over(
    control: Control, table: str, offset: int, backwards: bool
) -> tuple[bytes | None, int]:
    """The last record that stands before the binding `offset`, None: there is none; and how many
    bindings that one is behind it."""
    last: bytes | None = None
    passed = offset
    while passed and offset:
        last, passed = control.location.skip(
            table, last, offset, KEYS_PER_SLICE, backwards=backwards
        )
        offset -= passed
        control.pause()
    return last, offset


def _page_behind(control: Control, table: str, query: ListQuery) -> Page:
    """Nothing is read but the page, so that reading a whole table page by page takes one look at
    each record."""
    found: list[Registered] = []
    for records in slices(control, table, query.after, backwards=query.descending):
        found += [Registered(aor, binding) for _, aor, _, binding in _entries(records, query)]
        if len(found) >= query.limit:
            break
    return Page(found[: query.limit], control.location.totals(table).contacts, None)


# -- in any order --------------------------------------------------------------------------------


def _page_of_all(control: Control, table: str, query: ListQuery) -> Page:
    total = matched = held = 0
    end = query.offset + query.limit
    runs: list[list[Entry]] = []
    for records in slices(control, table):
        entries = _entries(records, query)
        total += sum(len(bindings) for _, bindings in records)
        matched += len(entries)
        runs.append(entries[:end])
        held += len(runs[-1])
        if held > end + SPARE:
            runs = [list(_merged(control, runs, end, query.descending))]
            held = len(runs[0])
    page = islice(_merged(control, runs, end, query.descending), query.offset, end)
    return Page([Registered(aor, binding) for _, aor, _, binding in page], total, matched)


def _entries(records: list[tuple[bytes, list[Binding]]], query: ListQuery) -> list[Entry]:
    """The bindings that fit, in order."""
    key = SORT_KEYS[query.sort]
    entries = [
        (key(aor, binding), aor, place, binding)
        for aor, bindings in records
        for place, binding in enumerate(bindings)
        if not query.filter or query.fits(aor, binding)
    ]
    entries.sort(reverse=query.descending)
    return entries


def _merged(
    control: Control, runs: list[list[Entry]], end: int, descending: bool
) -> Iterator[Entry]:
    """The first `end` entries of all runs in order, with pauses. The runs are used up."""
    merged = islice(heapq.merge(*map(_drained, runs), reverse=descending), end)
    while part := list(islice(merged, ENTRIES_PER_SLICE)):
        yield from part
        control.pause()


def _drained(run: list[Entry]) -> Iterator[Entry]:
    """Each entry is let go as it is taken: letting go of 100,000 at once would take 45 ms."""
    run.reverse()
    while run:
        yield run.pop()

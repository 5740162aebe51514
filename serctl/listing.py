"""`ul_list`, page by page: what `ul show`, `alias show` and `online` read.

In the order of users each page begins behind the last user of the one before: nobody is lost or
shown twice because others come and go meanwhile. Another order has an offset only, and from one
page to the next rows may move. So ser sorts as long as one reply holds all that is wanted; for more
of them all are read in the order of users, and sorted here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from serctl.output import Column
from serctl.replies import numbers_of, rows_of

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply

PAGE = 10_000
"""Registrations that one request asks for; ser gives no more."""
SORT_KEYS = ("aor", "contact", "expires", "since", "q", "user_agent")

COLUMNS = (
    Column("aor", "user"),
    Column("contact"),
    Column("expires", is_time=True),
    Column("q", is_number=True),
    Column("user_agent"),
    Column("received"),
    Column("since", "registered", is_time=True, only_wide=True),
    Column("call_id", "Call-ID", only_wide=True),
    Column("cseq", "CSeq", is_number=True, only_wide=True),
    Column("flags", is_number=True, only_wide=True),
    Column("table", only_wide=True),
)

Ask = Callable[..., "Reply"]
"""Gets `ul_list` and its options; raises for any but a 2xx."""


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _number(text: str) -> float:
    """Of a text that is none, less than any: the phone gave none."""
    try:
        return float(text)
    except ValueError:
        return -math.inf


_KEYS: dict[str, Callable[[str], Any]] = {  # Any: bytes or a number, the same for all
    "contact": _octets,
    "expires": lambda text: _number(text) or math.inf,  # 0: never
    "since": _number,
    "q": _number,
    "user_agent": _octets,
}
"""What ser sorts by, from what it writes."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which registrations, in which order, and how many."""

    table: str
    filter: str = ""
    sort: str = "aor"
    limit: int | None = None
    """None: all."""
    offset: int = 0

    @property
    def is_by_user(self) -> bool:
        return self.sort.removeprefix("-") == "aor"


@dataclass(frozen=True, slots=True)
class Page:
    """What one request brought."""

    reply: Reply
    rows: list[list[str]]
    """By COLUMNS."""


def pages(ask: Ask, query: Query, *, as_answered: bool = False) -> Iterator[Page]:
    """As many as it takes, one at least.

    `as_answered`: no reply has a row that another has, and all go by their offset, whatever moves
    meanwhile.
    """
    if as_answered or query.is_by_user:
        yield from _pages_of_ser(ask, query, by_user=not as_answered)
        return
    first = next(_pages_of_ser(ask, query, by_user=False))
    if len(first.rows) < PAGE or query.limit == PAGE:
        yield first
    else:
        yield from _pages_sorted_here(ask, query, first.reply)


def _pages_sorted_here(ask: Ask, query: Query, first: Reply) -> Iterator[Page]:
    every = replace(query, sort="aor", limit=None, offset=0)
    rows = [row for page in _pages_of_ser(ask, every, by_user=True) for row in page.rows]
    name = query.sort.removeprefix("-")
    place = [column.name for column in COLUMNS].index(name)
    rows.sort(key=lambda row: _KEYS[name](row[place]))  # those alike stay in the order of users
    if query.sort.startswith("-"):
        rows.reverse()
    end = len(rows) if query.limit is None else query.offset + query.limit
    wanted = rows[query.offset : end]
    for start in range(0, max(len(wanted), 1), PAGE):
        yield Page(first, wanted[start : start + PAGE])


def _pages_of_ser(ask: Ask, query: Query, *, by_user: bool) -> Iterator[Page]:
    place, offset, left = f"offset={query.offset}", query.offset, query.limit
    while True:
        size = PAGE if left is None else min(PAGE, left)
        reply = ask("ul_list", *_options(query), f"limit={size}", place)
        rows = rows_of(reply, *(column.name for column in COLUMNS))
        is_last = len(rows) < size or size == left
        if not is_last and by_user:
            rows = _of_whole_users(rows)
        yield Page(reply, rows)
        if is_last:
            return
        offset += len(rows)
        left = None if left is None else left - len(rows)
        place = f"after={rows[-1][0]}" if by_user else f"offset={offset}"


def matches(page: Page) -> tuple[int, int]:
    """How many stand in the table, and how many of them are meant. Of the first page."""
    total, matched = numbers_of(page.reply, "total", "matched")
    return total, matched


def _of_whole_users(rows: list[list[str]]) -> list[list[str]]:
    """Without the last user, of whom the page may not have all contacts; the next one begins there.

    A user who fills a page stays, so that there is an end.
    """
    last = rows[-1][0]
    return [row for row in rows if row[0] != last] or rows


def _options(query: Query) -> Iterator[str]:
    yield f"table={query.table}"
    if query.filter:
        yield f"filter={query.filter}"
    yield f"sort={query.sort}"

"""`ul_list`, page by page: what `ul show`, `alias show` and `online` read.

In the order of users each page begins behind the last user of the one before: nobody is lost or
shown twice because others come and go meanwhile. Another order has an offset only: whoever wants at
most PAGE of them gets them by one look, but from one page to the next rows may move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    `as_answered`: no reply has a row that another has, at the price of what is said above.
    """
    by_user = query.is_by_user and not as_answered
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

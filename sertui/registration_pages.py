"""The registrations that are looked at, out of a table that may have 100,000. No I/O, no clock.

Only pages that are in view are asked for. What has gone is still there for a while, as a line
between the others, so that whoever looks sees it go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sertui.registrations import FRESH, SETTLED, Key, Listing, Query, Registration

PAGE = 100
"""Rows of a page."""
MARGIN = 1
"""Pages on either side of those in view, so that scrolling finds them there."""
NEAR = PAGE // 2
"""Rows to the end of what is known, when more is asked for."""
KEPT = 64
"""Pages that are remembered."""
MOST_GONE = 50
"""Lines of that kind."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A row that isn't there any more, in front of the row at `place`."""

    row: Registration
    place: int
    behind: Key | None
    """What stands there; None: the end of the table."""
    until: float


class RegistrationPages:
    """Rows by their places in the answer to a query; lines are rows and what has gone."""

    def __init__(self) -> None:
        self.query = Query()
        self.total = 0
        self.matched = 0
        self.is_known = False
        """Whether the query has been answered yet."""
        self._gone: list[Gone] = []  # by their places
        self._pages: dict[int, tuple[Registration, ...]] = {}  # the newest ones last
        self._current: set[int] = set()  # pages of the newest answer

    # -- what is asked ---------------------------------------------------------------------------

    def set_query(self, query: Query) -> None:
        """What is known stays to be seen until the answer is there."""
        self.query = query
        self.is_known = False
        self._current.clear()

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Offset and limit to ask for, when the lines from `first` to `last` are in view."""
        if not self.is_known:
            first, last = 0, last - first
        first, last = self._place(first), self._place(last)
        begin = max(first // PAGE - MARGIN, 0)
        return begin * PAGE, (last // PAGE + MARGIN + 1 - begin) * PAGE

    def has(self, first: int, last: int) -> bool:
        """Whether these lines and those near them are known, and as new as the newest answer."""
        if not self.is_known:
            return False
        begin = max(self._place(first) - NEAR, 0) // PAGE
        end = min(self._place(last) + NEAR, max(self.matched - 1, 0)) // PAGE
        return all(page in self._current for page in range(begin, end + 1))

    # -- what is seen ----------------------------------------------------------------------------

    def __len__(self) -> int:
        """Lines."""
        return self.matched + len(self._gone)

    def line(self, number: int) -> Registration | Gone | None:
        """None while it isn't known."""
        for index, gone in enumerate(self._gone):
            if gone.place + index == number:
                return gone
        return self._at(self._place(number))

    def lines_of(self, first: int, end: int) -> dict[Key, int]:
        """Where the rows stand that are known in this range of lines."""
        found: dict[Key, int] = {}
        for number in range(max(first, 0), min(end, len(self))):
            line = self.line(number)
            if line is not None:
                found[line.row.key if isinstance(line, Gone) else line.key] = number
        return found

    def _at(self, place: int) -> Registration | None:
        page = self._pages.get(place // PAGE, ())
        offset = place % PAGE
        return page[offset] if offset < len(page) else None

    def _place(self, line: int) -> int:
        """Of the row in that line, or behind it."""
        before = sum(gone.place + index < line for index, gone in enumerate(self._gone))
        return line - before

    # -- what is answered ------------------------------------------------------------------------

    def put(self, offset: int, limit: int, listing: Listing, now: float) -> None:
        """Take an answer to the query of now. `offset` is the beginning of a page."""
        if self.is_known:
            self._mark_gone(offset, limit, listing, now)
        else:
            self._pages.clear()
            self._gone.clear()
        self.total, self.matched, self.is_known = listing.total, listing.matched, True
        self._store(offset, limit, listing.rows)

    def forget_gone(self, now: float) -> None:
        """Those that have been shown long enough."""
        self._gone = [each for each in self._gone if each.until > now]

    def _store(self, offset: int, limit: int, rows: Sequence[Registration]) -> None:
        self._current = set(range(offset // PAGE, (offset + limit) // PAGE))
        for page in self._current:
            start = page * PAGE - offset
            self._pages.pop(page, None)
            self._pages[page] = tuple(rows[start : start + PAGE])
        for page in list(self._pages)[:-KEPT]:
            del self._pages[page]

    def _mark_gone(self, offset: int, limit: int, listing: Listing, now: float) -> None:
        there = {row.key: offset + index for index, row in enumerate(listing.rows)}
        known = [self._at(place) for place in range(offset, offset + limit) if self._is_new(place)]
        rows = [row for row in known if row is not None]
        is_end = offset + len(listing.rows) >= listing.matched
        found = _vanished(rows, there, is_start=not offset, is_end=is_end)
        gone = [
            *_moved(self._gone, there, listing.matched),
            *self._made(found, there, listing.matched, now),
        ]
        gone = [each for each in gone if each.row.key not in there]
        self._gone = sorted(gone[-MOST_GONE:], key=lambda each: each.place)

    def _is_new(self, place: int) -> bool:
        return place // PAGE in self._current

    def _made(
        self,
        found: Iterable[tuple[Registration, Key | None]],
        there: dict[Key, int],
        end: int,
        now: float,
    ) -> Iterator[Gone]:
        """In an order by time a row may have been renewed, and so be elsewhere."""
        for row, behind in found:
            if self.query.sort in SETTLED or 0 < row.expires <= now:
                place = end if behind is None else there[behind]
                yield Gone(row, place, behind, now + FRESH)


def _vanished(
    rows: Sequence[Registration], there: dict[Key, int], *, is_start: bool, is_end: bool
) -> Iterator[tuple[Registration, Key | None]]:
    """Rows that aren't there any more, and what stands behind them.

    What stood before the first or behind the last one that is still there may only have moved out
    of sight, unless the table begins or ends here.
    """
    waiting: list[Registration] = []
    is_sure = is_start
    for row in rows:
        if row.key not in there:
            waiting.append(row)
            continue
        if is_sure:
            yield from ((each, row.key) for each in waiting)
        waiting, is_sure = [], True
    if is_sure and is_end:
        yield from ((each, None) for each in waiting)


def _moved(gone: Iterable[Gone], there: dict[Key, int], end: int) -> Iterator[Gone]:
    """They stay in front of the row that they stood in front of."""
    for each in gone:
        place = end if each.behind is None else there.get(each.behind, each.place)
        yield replace(each, place=min(place, end))

"""The columns of the registrations screen: what stands in them, and which there is room for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from sertui.plain_text import plain
from sertui.registrations import Registration

GAP = 2
"""Blanks between two columns."""
NEVER = "never"
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Column:
    """One of them."""

    heading: str
    text: Callable[[Registration, float], str]
    """Of a row, at a time."""
    width: int
    """At least."""
    sort: str = ""
    """What ul_list calls this order; "": it has none."""
    share: int = 0
    """Of the room that is left over."""
    is_number: bool = False
    """To the right."""
    rank: int = 0
    """Those with a high one give way where the screen is narrow."""


COLUMNS = (
    Column("AOR", lambda row, now: row.aor, 11, "aor", share=2),
    Column("Contact", lambda row, now: contact(row), 21, "contact", share=3),
    Column("Over", lambda row, now: row.transport, 4, rank=1),
    Column("Received", lambda row, now: row.received.removeprefix("sip:"), 21, share=1, rank=5),
    Column("Expires", lambda row, now: countdown(row, now), 8, "expires", is_number=True),
    Column("q", lambda row, now: row.q, 4, "q", is_number=True, rank=4),
    Column("User agent", lambda row, now: row.user_agent, 10, "user_agent", share=5, rank=2),
    Column("Since", lambda row, now: age(now - row.since), 6, "since", is_number=True, rank=3),
)
SORTS = tuple(column.sort for column in COLUMNS if column.sort)
HEADINGS = {column.sort: column.heading for column in COLUMNS if column.sort}

Layout = list[tuple[Column, int]]


def layout(width: int) -> Layout:
    """Columns with their widths, for a line of that width."""
    chosen = list(COLUMNS)
    while _least(chosen) > width and any(column.rank for column in chosen):
        chosen.remove(max(chosen, key=lambda column: column.rank))
    spare = max(width - _least(chosen), 0)
    shares = sum(column.share for column in chosen)
    widths = [column.width + spare * column.share // shares for column in chosen]
    widths[1] += max(width - GAP * (len(chosen) - 1) - sum(widths), 0)  # what division has left
    return list(zip(chosen, widths, strict=True))


def cell(column: Column, width: int, text: str) -> str:
    """Harmless, and exactly as wide as that."""
    shown = plain(text[: 4 * width])  # more would be cut off in any case
    if cell_len(shown) > width:
        return f"{set_cell_size(shown, width - 1)}…"
    blanks = " " * (width - cell_len(shown))
    return f"{blanks}{shown}" if column.is_number else f"{shown}{blanks}"


def contact(row: Registration) -> str:
    """Without what each of them has, and what another column tells."""
    return row.contact.removeprefix("sip:").removesuffix(f";transport={row.transport}")


def countdown(row: Registration, now: float) -> str:
    """`59:59`, `23:59:59`, `12 d`."""
    if row.is_permanent:
        return NEVER
    left = int(row.expires - now)
    if left <= 0:
        return "expired"
    if left >= 100 * 3600:
        return f"{left // _DAY} d"
    minutes, seconds = divmod(left, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def age(seconds: float) -> str:
    """`3 s`, `12 min`, `4 h`, `12 d`: six places at most."""
    whole = max(int(seconds), 0)
    for size, unit in ((_DAY, "d"), (3600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def _least(columns: list[Column]) -> int:
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)

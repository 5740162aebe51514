"""Tables for people, by tabulate, no wider than the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate
from wcwidth import wcswidth

NARROWEST = 6
"""Characters that a column keeps, however narrow the terminal is."""
GAP = 2
"""Blanks that tabulate puts between columns."""
PADDING = 2
"""How much wider than its heading tabulate makes a column at least."""
CUT = "…"


@dataclass(frozen=True, slots=True)
class Look:
    """How a column looks."""

    heading: str = ""
    to_the_right: bool = False
    is_whole: bool = False
    """Never cut: half a number is another number."""


def draw(columns: Sequence[Look], rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """The lines of a table; without any heading it has no rule either.

    `width` None: as wide as it comes.
    """
    if width is not None and rows:
        rows = _fitted(columns, rows, width)
    headings = [column.heading for column in columns] if any(x.heading for x in columns) else []
    drawn = tabulate(
        rows,
        headers=headings,
        tablefmt="simple" if headings else "plain",
        colalign=["right" if x.to_the_right else "left" for x in columns] if rows else None,
        disable_numparse=True,  # it makes 441234 of 00441234
    )
    return [line.rstrip() for line in drawn.split("\n")]


def _fitted(columns: Sequence[Look], rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """The rows with the widest columns cut so far that all fit."""
    natural = [max(map(_width, cells)) for cells in zip(*rows, strict=True)]
    floors = list(map(_floor, columns, natural))
    limits = _limits(natural, floors, width - GAP * (len(natural) - 1))
    return [[_cut(cell, limit) for cell, limit in zip(row, limits, strict=True)] for row in rows]


def _floor(column: Look, natural: int) -> int:
    """What a column can't be narrower than."""
    heading = _width(column.heading) + PADDING if column.heading else 0
    return max(heading, natural if column.is_whole else min(NARROWEST, natural))


def _limits(natural: list[int], floors: list[int], room: int) -> list[int]:
    """How wide each column may be: what is too wide is cut to one and the same width."""
    for cap in range(min(max(natural, default=0), max(room, 0)), NARROWEST - 1, -1):
        limits = [max(min(width, cap), floor) for width, floor in zip(natural, floors, strict=True)]
        if sum(limits) <= room:
            return limits
    return floors


def _width(text: str) -> int:
    return len(text) if text.isascii() else max(wcswidth(text), 0)


def _cut(text: str, limit: int) -> str:
    if _width(text) <= limit:
        return text
    kept = text[: limit - 1]  # no character is narrower than one place, but for combining ones
    while kept and _width(kept) > limit - 1:
        kept = kept[:-1]
    return kept + CUT

"""What `serctl moni` has on the screen: lines of text that fit into it. Pure functions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from serctl.sparkline import BARS, sparkline
from serctl.trends import Trend

NUMBER, RATE = 24, 9
"""Columns of a name with its number, and of the rate behind it."""
NARROWEST = NUMBER + RATE + 5
"""Of a cell, with a sparkline of four."""
WIDEST = NUMBER + RATE + 21
GAP = "  "


def cell(trend: Trend, width: int, bars: str = BARS) -> str:
    """` name value rate sparkline` in `width` columns."""
    value = f" {trend.number.value}"
    room = NUMBER - len(value)
    name = f" {trend.number.name}"[:room].ljust(room)
    rate = f"{per_second(trend.rate)}/s" if trend.rate else ""
    front = f"{name}{value}{rate:>{RATE}} "
    return (front + sparkline(trend.history, width - len(front), bars))[:width].ljust(width)


def per_second(rate: float) -> str:
    """A rate in few digits."""
    return f"{rate:.0f}" if rate >= 100 else f"{rate:.1f}" if rate >= 0.1 else f"{rate:.2g}"


def lines_of(trends: Sequence[Trend], width: int, bars: str = BARS) -> list[str]:
    """A line for each number, below the title of its section."""
    lines: list[str] = []
    for title, group in itertools.groupby(trends, lambda trend: trend.number.section):
        lines.append(title[:width].ljust(width))
        lines += [cell(trend, width, bars) for trend in group]
    return lines


def body(trends: Sequence[Trend], width: int, height: int, bars: str = BARS) -> list[str]:
    """All numbers in `height` lines: in one column, or as many as it takes and the width allows."""
    rows = len(lines_of(trends, width))
    fitting = max((width + len(GAP)) // (NARROWEST + len(GAP)), 1)
    columns = min(max(-(-rows // max(height, 1)), 1), fitting)
    wide = (width - len(GAP) * (columns - 1)) // columns
    shown = _side_by_side(lines_of(trends, min(wide, WIDEST), bars), columns)
    return shown if len(shown) <= height else _cut(shown, height)


def _side_by_side(lines: list[str], columns: int) -> list[str]:
    """As in a newspaper: down the first column, then the next."""
    height = -(-len(lines) // columns)
    parts = [lines[start : start + height] for start in range(0, len(lines), height or 1)]
    return [GAP.join(row).rstrip() for row in itertools.zip_longest(*parts, fillvalue="")]


def _cut(lines: list[str], height: int) -> list[str]:
    if height < 1:
        return []
    return [*lines[: height - 1], f"… {len(lines) - height + 1} more lines: enlarge the window"]


def screen(
    head: Sequence[str], trends: Sequence[Trend], size: tuple[int, int], bars: str = BARS
) -> list[str]:
    """Head and numbers, cut to `size` (columns, lines)."""
    width, height = size
    top = [line[:width] for line in head]
    return [*top, "", *body(trends, width, height - len(top) - 1, bars)][:height]

"""Many series in a plot, each in a band of its own with name and rate before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from textual.content import Content

from sertui.numbers import short
from sertui.trends import Bands, Series, Trends
from sertui.widgets.braille import bars

RATE = 6
"""Places of a rate, before the bars."""
USUAL = 3
"""Bands that are there before anything has passed, so that the plot isn't empty."""
OTHERS = "others"
_STYLES = {
    "1xx": "$faint",
    "2xx": "$text-success",
    "3xx": "$text-secondary",
    **dict.fromkeys(("4xx", "5xx", "6xx"), "$text-warning"),
}


def room_of(view: Bands, width: int) -> int:
    """Places for the bars, each for two seconds."""
    return max(width - _left_of(view), 1)


def _left_of(view: Bands) -> int:
    """Places before the bars; the same whichever bands have something to show."""
    return _name_width(view) + RATE + 1


def _name_width(view: Bands) -> int:
    return max(len(name) for name in (OTHERS, *(each.label for each in view.series)))


def shown_series(trends: Trends, view: Bands, width: int) -> tuple[Series, ...]:
    """Those that have something to show, in their order."""
    count = room_of(view, width) * 2
    busy = tuple(each for each in view.series if any(trends.last(each.names, count)))
    return busy or view.series[:USUAL]


def drawn_bands(
    trends: Trends, view: Bands, top: float, width: int, height: int
) -> Sequence[Content]:
    """As many lines as there are; what has no line of its own is summed up in the last one.

    All bars have the same height, so that they can be compared; lines that are left over stand
    empty above some of the bands, evenly.
    """
    series = _fitting(shown_series(trends, view, width), max(height, 1))
    count = len(series)
    floors = [height * place // count for place in range(count + 1)]
    found: list[Content] = []
    for each, begin, end in zip(series, floors, floors[1:], strict=False):
        found += [Content()] * (end - begin - height // count)
        found += _band(trends, view, each, top, width, height // count)
    return found


def _fitting(series: tuple[Series, ...], height: int) -> tuple[Series, ...]:
    if len(series) <= height:
        return series
    kept, others = series[: height - 1], series[height - 1 :]
    return (*kept, Series(OTHERS, tuple(chain.from_iterable(x.names for x in others))))


def _band(
    trends: Trends, view: Bands, series: Series, top: float, width: int, height: int
) -> Iterator[Content]:
    """Name and rate stand on the floor of the band."""
    room = room_of(view, width)
    values = trends.last(series.names, room * 2)
    rate = short(trends.now(series.names))
    left = f"{series.label:<{_name_width(view)}}{rate:>{RATE}} "
    for row, line in enumerate(bars(values, top, room, height), 1):
        yield Content.assemble(
            left if row == height else " " * len(left),
            (line, _STYLES.get(series.label, "$text-success")),
        )

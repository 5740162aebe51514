"""A row of bars that shows how long the last pings took. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇"
"""Not the full block: bars would touch those of the line above."""
LOST = "x"
"""Stands where no answer came; told from a bar without colour."""


def ping_sparkline(trips: Sequence[float | None], width: int) -> str:
    """The last `width` round trips; blanks in front of a short history.

    The bars stand on zero, so that a jitter of microseconds doesn't look like trouble.
    """
    shown = trips[-width:] if width > 0 else ()
    highest = max((trip for trip in shown if trip is not None), default=0.0)
    return "".join(_bar(trip, highest) for trip in shown).rjust(max(width, 0))


def _bar(trip: float | None, highest: float) -> str:
    if trip is None:
        return LOST
    step = int(trip / highest * len(BARS)) if highest > 0 else 0
    return BARS[min(step, len(BARS) - 1)]

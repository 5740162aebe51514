"""A row of eight-step bars that shows how a number moved. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-=*#%@"
"""Where the terminal has no UTF-8."""


def sparkline(values: Sequence[float], width: int, bars: str = BARS) -> str:
    """The last `width` values, the lowest on the floor; blanks in front of a short history.

    A number that hasn't moved has none: a flat line would only take the eye away from those that
    do.
    """
    shown = values[-width:] if width > 0 else []
    if not moves(shown):
        return " " * max(width, 0)
    low, high = min(shown), max(shown)
    steps = (_step(value, low, high, len(bars)) for value in shown)
    return "".join(bars[step] for step in steps).rjust(width)


def moves(values: Sequence[float]) -> bool:
    """Whether there is anything to see."""
    return len(set(values)) > 1


def _step(value: float, low: float, high: float, steps: int) -> int:
    return min(int((value - low) / (high - low) * steps), steps - 1)

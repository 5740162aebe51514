"""Numbers on the command line.

`nan` is in every range and `inf` in most, for click; of others it says "is not in the range x>=1".
"""

from __future__ import annotations

import math
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """As click's, but for numbers that are none, and with words for people."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:  # Any: click's own signature
        """Raises BadParameter."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number to reckon with", param, ctx)
        _check(self, number, param, ctx)
        return number


class WholeNumber(click.IntRange):
    """As click's, with words for people."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:  # Any: click's own signature
        """Raises BadParameter."""
        try:
            number = int(value)
        except ValueError:
            self.fail(f"{value!r} is no whole number", param, ctx)
        _check(self, number, param, ctx)
        return number


def _check(
    kind: click.IntRange | click.FloatRange,
    number: float,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> None:
    if kind.min is not None and number < kind.min:
        kind.fail(f"it is {kind.min:g} at least, not {number:g}", param, ctx)
    if kind.max is not None and number > kind.max:
        kind.fail(f"it is {kind.max:g} at most, not {number:g}", param, ctx)


SECONDS = FiniteRange(min=0.01, max=1e6)
"""A wait; the longest is eleven days, so that no clock overflows."""

"""Numbers on the command line. `nan` is in every range and `inf` in most, for click."""

from __future__ import annotations

import math
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """As click's, but for numbers that are none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:  # Any: click's own signature
        """Raises BadParameter."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number to reckon with", param, ctx)
        return number


SECONDS = FiniteRange(min=0.01, max=1e6)
"""A wait; the longest is eleven days, so that no clock overflows."""

"""How long the pings of one target took, as high as there is room for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content

from ser_core.fifo.probes import milliseconds
from sertui.numbers import number
from sertui.ping_board import Target
from sertui.ping_sparkline import LOST
from sertui.plain_text import plain
from sertui.widgets.braille import bars
from sertui.widgets.panel import Panel
from sertui.widgets.ping_table import name_of

AXIS = 8
"""Places for the number at the left, with its unit."""
STEPS = (1.0, 2.0, 5.0, 10.0)


class PingPlot(Panel):
    """Two pings in each place, the newest at the right; below them those that were lost."""

    DEFAULT_CSS = "PingPlot { height: 10; border-subtitle-color: $text; }"

    def __init__(self) -> None:
        super().__init__()
        self._trips: Sequence[float | None] = ()

    def show(self, target: Target | None) -> None:
        """Of whom, as it is now."""
        self._trips = tuple(target.trips) if target is not None else ()
        name = plain(name_of(target)) if target is not None else ""
        self.border_title = Content(f"Round trips of {name}" if name else "Round trips").markup
        self.border_subtitle = _summary(target) if target is not None else ""
        self.refresh()

    def lines(self, width: int, height: int) -> Sequence[Content]:
        """The scale stands at the left of the highest line."""
        room = max(width - AXIS - 1, 1)
        shown = self._trips[-room * 2 :]
        values = [trip or 0.0 for trip in shown]
        top = round_above(max(values, default=0.0))
        labels = [f"{number(top * 1000)} ms" if top else "", *[""] * (height - 2)]
        drawn = bars(values, top, room, max(height - 1, 1))
        return [
            *(
                _line(label, bar, "$text-success")
                for label, bar in zip(labels, drawn, strict=False)
            ),
            _line("lost", _losses(shown, room), "$text-error"),
        ]


def round_above(seconds: float) -> float:
    """1, 2 or 5 times a power of ten, so that the scale rarely changes; 0 for nothing."""
    if seconds <= 0:
        return 0.0
    size = 10.0 ** math.floor(math.log10(seconds))
    return next((step * size for step in STEPS if seconds <= step * size * 1.000001), 10 * size)


def _line(label: str, text: str, style: str) -> Content:
    return Content.assemble((f"{label:>{AXIS}} ", "$faint"), (text, style))


def _losses(trips: Sequence[float | None], room: int) -> str:
    """A sign in each place that has one, as the bars stand: in pairs from the right."""
    lost = [trip is None for trip in trips]
    lost = [False] * (2 * room - len(lost)) + lost
    return "".join(LOST if any(pair) else " " for pair in zip(lost[::2], lost[1::2], strict=True))


def _summary(target: Target) -> str:
    times = target.tally.times
    if not target.tally.received:
        return f"no answer yet, {target.tally.transmitted} sent" if target.trips else ""
    least, middle, most, spread = (
        milliseconds(each) for each in (times.lowest, times.average, times.highest, times.deviation)
    )
    return f"min {least}  avg {middle}  max {most}  dev {spread} ms"

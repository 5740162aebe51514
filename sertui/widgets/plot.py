"""How fast messages come and go: one series grows upwards, the other one downwards."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sertui.numbers import duration, short
from sertui.trends import VIEWS, Trends, View
from sertui.widgets.braille import bars, hanging
from sertui.widgets.panel import Panel

AXIS = 6
"""Places for the numbers at the left."""
STEPS = (1, 1.5, 2, 3, 5, 7.5, 10)
UPPER, LOWER = "$text-success", "$text-secondary"


class TrafficPlot(Panel):
    """The last minutes of one view."""

    DEFAULT_CSS = "TrafficPlot { border-subtitle-color: $text; }"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._trends = Trends()
        self._view = VIEWS[0]

    def show(self, trends: Trends, view: View) -> None:
        """The newest."""
        self._trends, self._view = trends, view
        self.border_title = (
            f"{view.title}, last {duration(self._room(self.content_size.width) * 2)}"
        )
        self.border_subtitle = (
            f"[{UPPER}]▲[/] {view.upper.label} {self._now(0)}  "
            f"[{LOWER}]▼[/] {view.lower.label} {self._now(1)}"
        )
        self.refresh()

    def lines(self, width: int, height: int) -> Sequence[Content]:
        """Both with the same scale, so that they can be compared."""
        room = self._room(width)
        upper = self._trends.last(self._view.upper.names, room * 2)
        lower = self._trends.last(self._view.lower.names, room * 2)
        top = scale(max([*upper, *lower, 0.0]))
        above = (height + 1) // 2
        below = height - above
        return [
            *_labelled(bars(upper, top, room, above), short(top), 0, UPPER),
            *_labelled(hanging(lower, top, room, below), short(top), below - 1, LOWER),
        ]

    @staticmethod
    def _room(width: int) -> int:
        """Places for the bars, each for two seconds."""
        return max(width - AXIS - 1, 1)

    def _now(self, which: int) -> str:
        series = (self._view.upper, self._view.lower)[which]
        values = self._trends.last(series.names, 1)
        return short(values[-1] if values else None)


def scale(highest: float) -> float:
    """The next round number above; there are few, so that the plot rarely changes its scale."""
    if highest <= 10:
        return 10.0
    size = 10.0 ** (len(str(int(highest))) - 1)
    return next(step * size for step in STEPS if highest <= step * size)


def _labelled(plot: list[str], label: str, at: int, style: str) -> list[Content]:
    return [
        Content.assemble(((label if row == at else "").rjust(AXIS) + " ", "dim"), (line, style))
        for row, line in enumerate(plot)
    ]

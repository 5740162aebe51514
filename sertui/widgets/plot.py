"""How fast messages come and go: two series up and down, or many one above the other."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sertui.numbers import duration, short
from sertui.trends import VIEWS, Bands, Series, Trends, View
from sertui.widgets.bands import drawn_bands, room_of, shown_series
from sertui.widgets.braille import bars, hanging
from sertui.widgets.panel import Panel

AXIS = 6
"""Places for the numbers at the left."""
STEPS = (1, 1.5, 2, 3, 5, 7.5, 10)
QUIET = "nothing has passed in this time"
UPPER, LOWER = "$text-success", "$text-secondary"


class TrafficPlot(Panel):
    """The last minutes of one view."""

    DEFAULT_CSS = "TrafficPlot { border-subtitle-color: $text; }"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._trends = Trends()
        self._view: View | Bands = VIEWS[0]

    def show(self, trends: Trends, view: View | Bands) -> None:
        """The newest."""
        self._trends, self._view = trends, view
        width = self.content_size.width
        if isinstance(view, Bands):
            room, self.border_subtitle = room_of(view, width), self._scale(view, width)
        else:
            room, self.border_subtitle = self._room(width), self._newest(view)
        self.border_title = f"{view.title}, last {duration(room * 2)}"
        self.refresh()

    def on_resize(self) -> None:
        """Another width shows another time."""
        self.show(self._trends, self._view)

    def lines(self, width: int, height: int) -> Sequence[Content]:
        """All with the same scale, so that they can be compared."""
        if isinstance(self._view, Bands):
            top = self._top(self._view, width)
            return drawn_bands(self._trends, self._view, top, width, height)
        return self._up_and_down(self._view, width, height)

    def _up_and_down(self, view: View, width: int, height: int) -> Sequence[Content]:
        room = self._room(width)
        upper = self._trends.last(view.upper.names, room * 2)
        lower = self._trends.last(view.lower.names, room * 2)
        top = scale(max([*upper, *lower, 0.0]))
        above = (height + 1) // 2
        below = height - above
        if self._trends.now(view.upper.names) is not None and not any([*upper, *lower]):
            return [
                *[Content()] * (above - 1),
                Content.styled(QUIET.center(width).rstrip(), "$faint"),
            ]
        return [
            *_labelled(bars(upper, top, room, above), short(top), 0, UPPER),
            *_labelled(hanging(lower, top, room, below), short(top), below - 1, LOWER),
        ]

    @staticmethod
    def _room(width: int) -> int:
        """Places for the bars, each for two seconds."""
        return max(width - AXIS - 1, 1)

    def _top(self, view: Bands, width: int) -> float:
        count = room_of(view, width) * 2
        shown = shown_series(self._trends, view, width)
        return scale(max(max(self._trends.last(x.names, count), default=0.0) for x in shown))

    def _scale(self, view: Bands, width: int) -> str:
        """How much a full bar is."""
        return f"a full bar: {short(self._top(view, width))}"

    def _newest(self, view: View) -> str:
        return (
            f"[{UPPER}]▲[/] {view.upper.label} {self._now(view.upper)}  "
            f"[{LOWER}]▼[/] {view.lower.label} {self._now(view.lower)}"
        )

    def _now(self, series: Series) -> str:
        return short(self._trends.now(series.names))


def scale(highest: float) -> float:
    """The next round number above; there are few, so that the plot rarely changes its scale."""
    if highest <= 10:
        return 10.0
    size = 10.0 ** (len(str(int(highest))) - 1)
    return next(step * size for step in STEPS if highest <= step * size)


def _labelled(plot: list[str], label: str, at: int, style: str) -> list[Content]:
    return [
        Content.assemble(((label if row == at else "").rjust(AXIS) + " ", "$faint"), (line, style))
        for row, line in enumerate(plot)
    ]

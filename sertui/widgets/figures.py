"""Numbers in rows: a label, how many a second, how many in all, and what has just changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from sertui.numbers import NOTHING, number, short
from sertui.trends import Trends
from sertui.widgets.braille import bars
from sertui.widgets.panel import Panel

RATE = 7
"""Places of `1,204/s`."""
SHORT, LONG = 5, 11
"""Places of a total, in a narrow and in a wide panel."""
LABEL = 13
NAMED = 5
"""Places of the shortest label that says something; without room for it there are no totals."""
WIDE = 38
"""Where totals are written out, and rates drawn."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row."""

    label: str
    rate: float | None
    """Per second."""
    total: float | None
    before: float | None = None
    """The total of the look before."""
    names: tuple[str, ...] = ()
    """Counters whose rates are drawn where there is room."""
    style: str = ""
    """Of the label's sign, where a number says something good or bad."""
    sign: str = ""

    @property
    def moved(self) -> str:
        """What happened to it since the look before; never told by colour alone."""
        if self.total is None or self.before is None or self.total == self.before:
            return " "
        return "▴" if self.total > self.before else "▾"


class Figures(Panel):
    """Labels left, numbers right."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._figures: Sequence[Figure] = ()
        self._trends = Trends()

    def show(self, figures: Sequence[Figure], trends: Trends) -> None:
        """The newest."""
        self._figures, self._trends = figures, trends
        self.refresh()

    def lines(self, width: int, height: int) -> Sequence[Content]:
        """A line each, in their order."""
        if width < WIDE:
            return [line_of(figure, width) for figure in self._figures]
        return [line_of(figure, width, self._drawn(figure, width)) for figure in self._figures]

    def _drawn(self, figure: Figure, width: int) -> str:
        """How its rate went."""
        room = width - LABEL - RATE - LONG - 3
        values = self._trends.last(figure.names, room * 2)
        return bars(values, max(values, default=0.0), room, 1)[0] + " "


def line_of(figure: Figure, width: int, drawn: str = "") -> Content:
    """`label   1,204/s 1.23M▴`; a number that moved stands out, a nought steps back."""
    places = LONG if width >= WIDE else SHORT
    rate = NOTHING if figure.rate is None else f"{short(figure.rate)}/s"
    amount = number(figure.total)
    if len(amount) > places:
        amount = short(figure.total)
    room = width - RATE - places - 2 - len(drawn)
    total = Content.assemble(
        (amount.rjust(places + 1), _emphasis(figure)), (figure.moved, "$text-accent bold")
    )
    if room < NAMED:
        room, total = max(width - RATE, 1), Content()
    label = Content.assemble((figure.sign, figure.style), figure.label)
    return Content.assemble(
        label.truncate(room, ellipsis=True, pad=True),
        (drawn, "$text-secondary"),
        (rate.rjust(RATE), "" if figure.rate else "$faint"),
        total,
    )


def _emphasis(figure: Figure) -> str:
    if figure.moved.strip():
        return "bold"
    return "" if figure.total else "$faint"

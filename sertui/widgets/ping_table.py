"""Who is pinged, a line for each: how it does, the last times, and how they moved."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.message import Message
from textual.theme import Theme
from textual.widgets import DataTable
from textual.widgets.data_table import CellDoesNotExist

from ser_core.fifo.probes import Tally, milliseconds
from sertui.numbers import NOTHING, percent
from sertui.ping_board import PingBoard, State, Target
from sertui.ping_sparkline import LOST, ping_sparkline
from sertui.plain_text import plain_text

NUMBERS = (("Last ms", 7), ("Avg ms", 7), ("Max ms", 7), ("Loss", 5))
"""Titles and widths of the columns with figures."""
TARGET, ANSWER, TRIPS = "Target", "Answer", "Round trips"
RIGHT = {*dict(NUMBERS), TRIPS}
"""Titles that stand at the right: there the newest is."""
ANSWER_FROM = 110
"""Columns of the screen from which the answers have room."""
ANSWER_WIDTH = 24
SIGN_WIDTH = 1
_COLORS = {
    State.OK: "success",
    State.REFUSED: "warning",
    State.ERROR: "error",
    State.SILENT: "error",
    State.WAITING: "",
    State.PAUSED: "",
    State.AWAY: "",
}
Cells = list[Text]


class PingTable(DataTable[Text]):
    """Rows keep their places; only cells that changed are drawn again."""

    DEFAULT_CSS = """
    PingTable {
        height: 1fr;
        background: $background;
        &:focus { background-tint: $background 0%; }
        & > .datatable--odd-row, & > .datatable--even-row { background: $background; }
        & > .datatable--header { background: $panel; color: $foreground; }
        & > .datatable--cursor { background: $blurred-row; color: $foreground; }
        & > .datatable--cursor { text-style: $row-style; }
        &:focus > .datatable--cursor { background: $row; color: $foreground; }
        &:ansi > .datatable--header { background: ansi_default; text-style: bold; }
        &:ansi > .datatable--cursor { background: ansi_default; color: ansi_default; }
        &:ansi > .datatable--cursor { text-style: reverse; }
    }
    """

    class LaidOut(Message):
        """It has room, or another one, and needs its rows."""

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False)
        self._shown: dict[str, Cells] = {}
        self._widths: dict[str, int] = {}

    def on_mount(self) -> None:
        """Cells have colours of the theme."""
        self.app.theme_changed_signal.subscribe(self, self._draw_anew)
        self._choose_colors()

    def _choose_colors(self) -> None:
        """Cells keep their colours under the cursor, but where it is the reverse of them."""
        is_reversed = bool(self.app.native_ansi_color)
        self.cursor_foreground_priority = "css" if is_reversed else "renderable"

    def _draw_anew(self, _: Theme) -> None:
        self._choose_colors()
        self._widths = {}
        self.lay_out(self.size.width)
        self.post_message(self.LaidOut())

    def on_resize(self, event: events.Resize) -> None:
        """Other columns for another width."""
        self.lay_out(event.size.width)
        self.post_message(self.LaidOut())

    def lay_out(self, width: int) -> None:
        """Divide the width among the columns."""
        widths = _widths(width)
        if widths == self._widths:
            return
        self.clear(columns=True)
        self._shown = {}
        self._widths = widths
        for title, each in widths.items():
            label = Text(title, justify="right" if title in RIGHT else "left")
            self.add_column(label, width=each, key=title)

    def show(self, board: PingBoard) -> None:
        """All targets as they are now."""
        if not self._widths:
            return
        for gone in self._shown.keys() - {target.uri for target in board}:
            self.remove_row(gone)
            del self._shown[gone]
        for target in board:
            self._show_target(target, self._cells(target))

    @property
    def chosen(self) -> str | None:
        """The URI under the cursor."""
        try:
            return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value
        except CellDoesNotExist:
            return None

    def _show_target(self, target: Target, cells: Cells) -> None:
        before = self._shown.get(target.uri)
        if before is None:
            self.add_row(*cells, key=target.uri)
        else:
            for column, old, new in zip(self._widths, before, cells, strict=True):
                if old != new:
                    self.update_cell(target.uri, column, new)
        self._shown[target.uri] = cells

    def _cells(self, target: Target) -> Cells:
        color = self._color(target.state)
        sign = Text(target.state.value, f"bold {color}".strip())
        figures = [Text(figure, justify="right") for figure in figures_of(target)]
        cells = [sign, plain_text(name_of(target)), *figures]
        if ANSWER in self._widths:
            cells.append(plain_text(answer_of(target), color))
        return [*cells, self._trips(target)]

    def _trips(self, target: Target) -> Text:
        line = Text(ping_sparkline(tuple(target.trips), self._widths[TRIPS]))
        line.stylize(self._color(State.OK))
        line.highlight_regex(LOST, self._color(State.SILENT))
        return line

    def _color(self, state: State) -> str:
        """Of the theme, in the words of Rich, which draws the cells."""
        return self.app.theme_variables.get(_COLORS[state], "").removeprefix("ansi_")


def _widths(width: int) -> dict[str, int]:
    """Name and sparkline share what the figures leave."""
    answer = {ANSWER: ANSWER_WIDTH} if width >= ANSWER_FROM else {}
    fixed = {"": SIGN_WIDTH, **dict(NUMBERS), **answer}
    gaps = 2 * (len(fixed) + 2)  # a blank on either side of each
    room = max(width - sum(fixed.values()) - gaps, 18)
    name = min(max(room * 3 // 5, 10), 60)
    return {"": SIGN_WIDTH, TARGET: name, **dict(NUMBERS), **answer, TRIPS: room - name}


def name_of(target: Target) -> str:
    """The user, then where he is; once where his contact has the same name."""
    uri, user = target.uri, target.user
    if target.is_away:
        return user
    place = uri.partition(":")[2]
    if not user:
        return uri
    return place if place.startswith(f"{user}@") else f"{user} {place}"


def figures_of(target: Target) -> list[str]:
    """Milliseconds, and percent."""
    last = target.trips[-1] if target.trips else None
    times = target.tally.times
    known = bool(target.tally.received)
    return [
        milliseconds(last) if last is not None else NOTHING,
        milliseconds(times.average) if known else NOTHING,
        milliseconds(times.highest) if known else NOTHING,
        percent(target.loss) if target.trips else NOTHING,
    ]


def answer_of(target: Target) -> str:
    """The last answer in words."""
    if target.is_away:
        return "not registered"
    if target.is_paused:
        return "paused"
    probe = target.last
    if probe is None:
        return "waiting"
    return f"{probe.code} {probe.text}" if probe.is_answered else probe.text or f"{probe.code}"


def summary_of(target: Target) -> str:
    """All in one line, for below the table."""
    tally: Tally = target.tally
    lost = len([trip for trip in target.trips if trip is None])
    count = f"{tally.transmitted} sent, {tally.received} answered"
    tail = f", {lost} of the last {len(target.trips)} lost" if lost else ""
    return f"{answer_of(target)}   {count}{tail}   {name_of(target)}"

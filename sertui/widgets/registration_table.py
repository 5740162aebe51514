"""Registrations, drawn line by line as they come into view, however many there are."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sertui.plain_text import plain_text
from sertui.registration_columns import GAP, Layout, cell, layout
from sertui.registration_pages import Gone, RegistrationPages
from sertui.registrations import Key, Listing, Query, Registration, RowState
from sertui.signs import CURSOR

SIGNS = 3
"""Places for the cursor, the sign of the state and a blank."""
UNKNOWN = "…"
ANCHORS = 60
"""Lines on either side of the cursor, by which its place is found again."""
SEARCHED = 200
"""Lines on either side in which they are looked for."""


class RegistrationTable(ScrollView, can_focus=True):
    """Its cursor stays on its row when rows come and go before it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"registration--{state.name.lower()}" for state in RowState),
        "registration--cursor",
    }
    DEFAULT_CSS = """
    RegistrationTable {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        background: $background;
        color: $foreground;
        .registration--usual { color: $foreground; }
        .registration--new { color: $text-success; text-style: bold; }
        .registration--gone { color: $text-error; text-style: strike; }
        .registration--expired { color: $text-warning; }
        .registration--permanent { color: $text-primary; }
        .registration--cursor { background: $blurred-row; text-style: $row-style; }
        &:focus .registration--cursor { background: $row; }
    }
    """

    nothing = reactive("")
    """What stands there while there are no rows; a line or some."""

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """The row of the cursor was clicked."""

    class Wanted(Message):
        """Lines have come into view that aren't known."""

        def can_replace(self, message: Message) -> bool:
            """The newest will do."""
            return isinstance(message, RegistrationTable.Wanted)

    def __init__(self, now: float) -> None:
        """`now`: Unix time, which countdowns are reckoned from; `show_at` gives a later one."""
        super().__init__(classes="stale")
        self.pages = RegistrationPages()
        self._now = now
        self._cursor = 0

    # -- what there is ---------------------------------------------------------------------------

    @property
    def chosen(self) -> Registration | Gone | None:
        """The row with the cursor."""
        return self.pages.line(self._cursor) if self._cursor < len(self.pages) else None

    @property
    def in_view(self) -> tuple[int, int]:
        """First and last line."""
        top = round(self.scroll_y)
        return top, top + max(self.scrollable_content_region.height, 1) - 1

    def ask(self, query: Query) -> None:
        """Show something else; what is there stays until the answer has come."""
        self.pages.set_query(query)
        self.post_message(self.Wanted())

    def put(self, offset: int, limit: int, listing: Listing) -> None:
        """Take an answer."""
        was_known, anchors = self.pages.is_known, self._anchors()
        self.pages.put(offset, limit, listing, self._now)
        if was_known:
            self._settle(anchors)
        else:
            self._begin_anew(anchors)
        self.refresh()
        self.post_message(self.Moved())

    def show_at(self, now: float) -> None:
        """Time has passed: countdowns go on, what has gone long ago goes out of sight."""
        self._now = now
        anchors = self._anchors()
        before = len(self.pages)
        self.pages.forget_gone(now)
        if len(self.pages) != before:
            self._settle(anchors)
        self.refresh()

    # -- the cursor ------------------------------------------------------------------------------

    @property
    def _base(self) -> int:
        """The line that is to stay where it is: the cursor's, or what has been scrolled to."""
        first, last = self.in_view
        return self._cursor if first <= self._cursor <= last else first

    def _anchors(self) -> list[tuple[Key, int]]:
        """Rows that are looked at, the nearest to the base first, with their lines."""
        base = self._base
        nearby = self.pages.lines_of(base - ANCHORS, base + ANCHORS)
        return sorted(nearby.items(), key=lambda anchor: abs(anchor[1] - base))

    def _settle(self, anchors: list[tuple[Key, int]]) -> None:
        """Put the cursor where its row stands now; what is seen moves with it, but at the top."""
        top, has_cursor = round(self.scroll_y), self._base == self._cursor
        moved = self._moved_by(anchors)
        self._resize()
        top = top + moved if top else 0
        if has_cursor:
            self._go(self._cursor + moved, top)
        else:
            self._cursor = max(min(self._cursor + moved, len(self.pages) - 1), 0)
            self._scroll(top)

    def _begin_anew(self, anchors: list[tuple[Key, int]]) -> None:
        """The answer to another query: its top, or the chosen row if that is there."""
        rows = self.pages.lines_of(0, SEARCHED)
        chosen = next((key for key, line in anchors if line == self._cursor), None)
        self._resize()
        self._go(rows.get(chosen, 0) if chosen else 0, 0)

    def _moved_by(self, anchors: list[tuple[Key, int]]) -> int:
        lines = self.pages.lines_of(self._base - SEARCHED, self._base + SEARCHED)
        return next((lines[key] - line for key, line in anchors if key in lines), 0)

    def _resize(self) -> None:
        self.virtual_size = Size(0, len(self.pages))

    def _go(self, line: int, top: int) -> None:
        """Cursor and view; the view gives way."""
        self._cursor = max(min(line, len(self.pages) - 1), 0)
        height = max(self.scrollable_content_region.height, 1)
        top = max(min(top, self._cursor), self._cursor - height + 1, 0)
        self._scroll(top)

    def _scroll(self, top: int) -> None:
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def go_to(self, line: int) -> None:
        """Put the cursor there and show it."""
        self._go(line, round(self.scroll_y))
        self.refresh()
        self.post_message(self.Moved())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self.pages.has(*self.in_view):
            self.post_message(self.Wanted())

    def on_resize(self) -> None:
        """More may be in view now."""
        self._go(self._cursor, round(self.scroll_y))
        if not self.pages.has(*self.in_view):
            self.post_message(self.Wanted())

    # -- drawing ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width, base = self.scrollable_content_region.width, self.rich_style
        number = round(self.scroll_y) + y
        if number >= len(self.pages):
            return self._beyond(y, width).apply_style(base)
        if number == self._cursor:
            base += self.get_component_rich_style("registration--cursor")
        sign = CURSOR if number == self._cursor else " "
        segments = [Segment(sign), *self._segments(self.pages.line(number), width - SIGNS)]
        return Strip(segments).adjust_cell_length(width).apply_style(base)

    def _beyond(self, y: int, width: int) -> Strip:
        """Below the last row: blank, or why there is none."""
        place = y - self.size.height // 2
        lines = self.nothing.split("\n") if not len(self.pages) else []
        text = plain_text(lines[place] if 0 <= place < len(lines) else "")
        text.truncate(width - 2, overflow="ellipsis")
        return Strip([Segment(text.plain.center(width))]).adjust_cell_length(width)

    def _segments(self, line: Registration | Gone | None, width: int) -> list[Segment]:
        if line is None:
            return [Segment(f"  {UNKNOWN}")]
        row, state = (line.row, RowState.GONE) if isinstance(line, Gone) else (line, None)
        state = state or row.state(self._now)
        style = self._style(state)
        text = drawn(row, layout(width), self._now)
        return [Segment(f"{state.value} ", style), Segment(text, style)]

    def _style(self, state: RowState) -> Style:
        name = f"registration--{state.name.lower()}"
        return self.get_component_rich_style(name, partial=True)

    # -- keys and mouse: those of any scrolling container; here they move the cursor --------------

    def action_scroll_up(self) -> None:
        self.go_to(self._cursor - 1)

    def action_scroll_down(self) -> None:
        self.go_to(self._cursor + 1)

    def action_page_up(self) -> None:
        self.go_to(self._cursor - self._page)

    def action_page_down(self) -> None:
        self.go_to(self._cursor + self._page)

    def action_scroll_home(self) -> None:
        self.go_to(0)

    def action_scroll_end(self) -> None:
        self.go_to(len(self.pages) - 1)

    @property
    def _page(self) -> int:
        return max(self.scrollable_content_region.height - 1, 1)

    def on_click(self, event: events.Click) -> None:
        """The cursor goes there; two clicks open the row."""
        line = round(self.scroll_y) + event.y
        if line < len(self.pages):
            self.go_to(line)
            if event.chain == 2:
                self.post_message(self.Opened())


def drawn(row: Registration, columns: Layout, now: float) -> str:
    """All cells of a row."""
    blanks = " " * GAP
    return blanks.join(cell(column, width, column.text(row, now)) for column, width in columns)

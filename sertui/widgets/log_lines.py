"""The lines of the log: drawn one by one as they come into view, however many there are."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sertui.log_levels import KINDS
from sertui.log_row import FAINT, FOUND, SAID, WIDE, pieces
from sertui.log_view import LogView, Row
from sertui.signs import CURSOR

EMPTY = "Nothing is logged yet. Press + for more."
FILTERED = "No line of the log passes the filter; a shows all."


class LogLines(ScrollView, can_focus=True):
    """Shows a LogView. Its cursor is on a row; following, it is on the newest one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"log-lines--{kind.name}" for kind in KINDS),
        *(f"log-lines--{name}" for name in (FAINT, FOUND, SAID, "cursor")),
    }
    DEFAULT_CSS = """
    LogLines {
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-horizontal: 0;
        .log-lines--serious { color: $text-error; text-style: bold; }
        .log-lines--warned { color: $text-warning; }
        .log-lines--noticed { color: $text-primary; }
        .log-lines--told { color: $foreground; }
        .log-lines--traced { color: $faint-color; text-style: $faint-style; }
        .log-lines--faint { color: $faint-color; text-style: $faint-style; }
        .log-lines--said { color: $text-warning; text-style: italic; }
        .log-lines--found { text-style: reverse; }
        .log-lines--cursor { background: $blurred-row; }
        &:focus .log-lines--cursor { background: $row; text-style: $row-style; }
    }
    """
    follows = var(True)
    """Whether the newest line is always in view."""
    search = var("")
    """Marked wherever it stands."""

    class Moved(Message):
        """The cursor or the state of following has changed."""

    def __init__(self, view: LogView) -> None:
        super().__init__()
        self.view = view
        self._cursor = 0
        self._top = 0
        self._widest = 0
        self._strips: LRUCache[int, Strip] = LRUCache(1024)

    @property
    def row(self) -> Row | None:
        """The one with the cursor."""
        shown = self.view.shown
        return shown[self.place] if shown else None

    @property
    def place(self) -> int:
        """Where that row stands."""
        return self.view.place_of(self._cursor)

    def sync(self) -> None:
        """Show what the view has now. What was read stays where it was, unless we follow."""
        shown = self.view.shown
        self.virtual_size = Size(self._widest, len(shown))
        if self.follows:
            self._cursor = shown[-1].number if shown else 0
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)
        else:
            y = self.view.place_of(self._top)
            self.scroll_to(y=y, animate=False, immediate=True)
        self.refresh()

    def go_to(self, place: int) -> None:
        """Put the cursor there and show it; on the last row, new ones are followed again."""
        last = len(self.view.shown) - 1
        if last < 0:
            return
        place = max(min(place, last), 0)
        self._cursor = self.view.shown[place].number
        self.follows = place == last and not self.view.is_paused
        self.show_cursor()
        self.post_message(self.Moved())

    def show_cursor(self) -> None:
        """Scroll as little as it takes."""
        place, top = self.place, round(self.scroll_y)
        height = max(self.scrollable_content_region.height, 1)
        wanted = max(min(top, place), place - height + 1)
        self.scroll_to(y=wanted, animate=False, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        width, base = self.size.width, self.rich_style
        place = top + y
        if place >= len(self.view.shown):
            return self._nothing(y, width).crop_extend(0, width, None).apply_style(base)
        row = self.view.shown[place]
        has_cursor = row.number == self._cursor and not (self.follows and not self.has_focus)
        if has_cursor:
            base += self.get_component_rich_style("log-lines--cursor")
        strip = self._strip(row).crop_extend(left, left + width - 1, None)
        return Strip([Segment(CURSOR if has_cursor else " "), *strip], width).apply_style(base)

    def _nothing(self, y: int, width: int) -> Strip:
        """Below the last row; where there is none, the reason."""
        if self.view.shown or y != self.size.height // 2:
            return Strip([])
        said = FILTERED if self.view.kept else EMPTY
        return Strip([Segment(said.center(width), self._style(SAID))])

    def _strip(self, row: Row) -> Strip:
        """The row without cursor and background, in its whole length."""
        known = self._strips.get(row.number)
        if known is not None:
            return known
        parts = pieces(row, wide=self.size.width >= WIDE, search=self.search)
        strip = Strip(Segment(part.text, self._style(part.style)) for part in parts)
        self._strips[row.number] = strip
        if strip.cell_length >= self._widest:
            self._widest = strip.cell_length + 1
            self.call_later(self._grow)
        return strip

    def _style(self, name: str) -> Style | None:
        return self.get_component_rich_style(f"log-lines--{name}", partial=True) if name else None

    def _grow(self) -> None:
        """A longer line than any before has come into view."""
        self.virtual_size = Size(self._widest, len(self.view.shown))

    # -- what changes how rows look ---------------------------------------------------------------

    def redraw(self) -> None:
        """Forget how rows looked."""
        self._strips.clear()
        self.refresh()

    def watch_search(self) -> None:
        self.redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def on_resize(self) -> None:
        """With another width there may be room for more columns."""
        self.redraw()
        self.sync()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self.view.shown:
            self._top = self.view.shown[min(round(new_value), len(self.view.shown) - 1)].number

    # -- keys and mouse ---------------------------------------------------------------------------
    # The keys are those of any scrolling container; here they move the cursor.

    def action_scroll_up(self) -> None:
        self.go_to(self.place - 1)

    def action_scroll_down(self) -> None:
        self.go_to(self.place + 1)

    def action_page_up(self) -> None:
        self.go_to(self.place - self._page)

    def action_page_down(self) -> None:
        self.go_to(self.place + self._page)

    def action_scroll_home(self) -> None:
        self.go_to(0)

    def action_scroll_end(self) -> None:
        self.go_to(len(self.view.shown) - 1)

    @property
    def _page(self) -> int:
        return max(self.scrollable_content_region.height - 1, 1)

    def on_click(self, event: events.Click) -> None:
        """A row that is clicked has the cursor."""
        place = round(self.scroll_y) + event.y
        if place < len(self.view.shown):
            self.go_to(place)

    def on_mouse_scroll_up(self) -> None:
        """Whoever turns back wants to read."""
        self.follows = False
        self.post_message(self.Moved())

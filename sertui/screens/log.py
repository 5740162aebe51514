"""The daemon's log: live, filtered, searched; and standing still for who reads."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult

from sertui.actions import bindings_of
from sertui.log_levels import narrower, wider
from sertui.log_row import as_text
from sertui.log_view import Filter, LogView
from sertui.numbers import number
from sertui.plain_text import plain
from sertui.screens.base import ModeScreen
from sertui.snapshot import Snapshot
from sertui.widgets.log_bar import CALL_ID, SEARCH, TEXT, LogBar
from sertui.widgets.log_lines import LogLines
from sertui.widgets.log_state import LogState


class LogScreen(ModeScreen):
    """Fields above, a line about the state below, the log between."""

    MODE = "log"
    BINDINGS = bindings_of("log")
    AUTO_FOCUS = "LogLines"

    def compose_body(self) -> ComposeResult:
        yield LogBar()
        yield LogLines(self.view)
        yield LogState(classes="stale")

    @property
    def view(self) -> LogView:
        """The app's: it goes on while another mode is seen."""
        return self.sertui.log_view

    @property
    def lines(self) -> LogLines:
        """The widget."""
        return self.query_one(LogLines)

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """The app has given it to the view already."""
        self._show()

    def _show(self) -> None:
        self.lines.sync()
        self._show_state()

    def _show_state(self) -> None:
        self.query_one(LogState).show(self.view, follows=self.lines.follows)

    def on_log_lines_moved(self) -> None:
        """The cursor left the newest line, or came there."""
        self._show_state()

    # -- what is shown ----------------------------------------------------------------------------

    def action_filter(self, field: str) -> None:
        """Type into one of the fields."""
        self.query_one(LogBar).enter(field)

    def on_log_bar_changed(self, event: LogBar.Changed) -> None:
        """As one types."""
        if event.field == TEXT:
            self._filter(replace(self.view.filter, text=event.value))
        elif event.field == CALL_ID:
            self._filter(replace(self.view.filter, call_id=event.value))
        else:
            self.lines.search = event.value

    def on_log_bar_done(self, event: LogBar.Done) -> None:
        """Back to the log; after a search to the newest line that has it."""
        self.lines.focus()
        if event.field == SEARCH and self.lines.search:
            self.action_found(-1, here=True)

    def action_this_call(self) -> None:
        """The Call-ID of the row, or all calls if one is chosen already."""
        bar, row = self.query_one(LogBar), self.lines.row
        if bar.value_of(CALL_ID):
            bar.put(CALL_ID, "")
        elif row is None or row.line is None or not row.line.call_id:
            self.notify("This line belongs to no call", markup=False)
        else:
            bar.put(CALL_ID, plain(row.line.call_id))

    def action_level(self, step: int) -> None:
        """Show fewer or more levels."""
        level = self.view.filter.level
        self._filter(replace(self.view.filter, level=wider(level) if step > 0 else narrower(level)))

    def action_commands(self) -> None:
        """From debug level 4 on, ser tells of each command; we ask some every second."""
        self._filter(replace(self.view.filter, commands=not self.view.filter.commands))

    def action_all(self) -> None:
        """No filter, no search."""
        bar = self.query_one(LogBar)
        for field in (TEXT, CALL_ID, SEARCH):
            bar.put(field, "")
        self._filter(Filter(commands=self.view.filter.commands))

    def _filter(self, wanted: Filter) -> None:
        self.view.set_filter(wanted)
        self._show()
        if not self.lines.follows:
            self.lines.show_cursor()

    # -- moving -----------------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Stand still, or show what has come and go on."""
        if self.view.is_paused:
            self.view.resume()
        else:
            self.view.pause()
        self._show()

    def action_follow(self) -> None:
        """Go on, and stay with the newest line."""
        if self.view.is_paused:
            self.view.resume()
        self.lines.follows = True
        self._show()

    def action_found(self, step: int, here: bool = False) -> None:
        """The next or the last line with what is searched for; `here`: this one will do."""
        if not self.lines.search:
            self.action_filter(SEARCH)
            return
        start = self.lines.place - step if here else self.lines.place
        place = self.view.find(self.lines.search, start, step)
        if place is None:
            self.notify("No line that is shown has it", severity="warning", markup=False)
        else:
            self.lines.go_to(place)

    # -- one line, or all -------------------------------------------------------------------------

    def action_open(self) -> None:
        """All its fields."""
        from sertui.screens.line_dialog import LineDialog

        row = self.lines.row
        if row is not None and row.line is not None:
            self.app.push_screen(LineDialog(row.line))

    def action_copy(self) -> None:
        """This line."""
        row = self.lines.row
        if row is not None:
            self.app.copy_to_clipboard(as_text(row))
            self.notify("The line is copied", markup=False)

    def action_copy_shown(self) -> None:
        """All that pass the filter."""
        rows = self.view.shown
        self.app.copy_to_clipboard("".join(f"{as_text(row)}\n" for row in rows))
        self.notify(f"{number(len(rows))} lines are copied", markup=False)

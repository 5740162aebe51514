"""Who answers, and how fast."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import DataTable, Static

from sertui.actions import bindings_of
from sertui.address_book import AddressBook, TargetSuggester
from sertui.messages import AddPing, WriteRequest
from sertui.ping_board import PingBoard, State, Target
from sertui.plain_text import plain, plain_text
from sertui.screens.ask_line import AskLine
from sertui.screens.base import ModeScreen
from sertui.snapshot import Snapshot
from sertui.widgets.ping_plot import PingPlot
from sertui.widgets.ping_table import PingTable, summary_of

NOBODY = (
    "Nobody is pinged. Press a to add a user or a URI,\nor p on somebody's row at 2 Registrations."
)


class PingsScreen(ModeScreen):
    """A table; the pinger of the app fills it, whether it is looked at or not."""

    MODE = "pings"
    BINDINGS = bindings_of("pings")
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall"), (48, "-high")]  # noqa: RUF012  # Textual's way
    DEFAULT_CSS = """
    PingsScreen {
        #ping-state, #ping-detail { text-wrap: nowrap; text-overflow: ellipsis; }
        #ping-state { height: 1; padding: 0 1; color: $faint-color; text-style: $faint-style; }
        #ping-detail { height: 1; padding: 0 1; background: $surface; }
        #nobody { display: none; height: 1fr; padding: 0 1; }
        #nobody { content-align: center middle; text-align: center; }
        PingPlot { display: none; }
        &.-tall PingPlot, &.-high PingPlot { display: block; }
        &.-high PingPlot { height: 16; }
        &.-nobody PingPlot { display: none; }
        &.-nobody #nobody { display: block; }
        &.-nobody PingTable { height: 1; }
    }
    """

    def compose_body(self) -> ComposeResult:
        """What is going on, the table, and the chosen line: drawn where there is room, and told."""
        yield Static(id="ping-state")
        yield PingTable()
        yield Static(NOBODY, id="nobody", markup=False)
        yield PingPlot()
        yield Static(id="ping-detail")

    @property
    def board(self) -> PingBoard:
        """Of the app."""
        return self.sertui.pinger.board

    def on_mount(self) -> None:
        """Be told of what is new."""
        self.sertui.pinger.changed = self.show_board
        self.query_one(PingTable).focus()

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """Whether ser is there; and what the pinger did meanwhile."""
        self.show_board()

    def on_ping_table_laid_out(self) -> None:
        """The table has lost its rows when its columns have changed."""
        self.show_board()

    def show_board(self) -> None:
        """All of it."""
        if not self.is_mounted or not self.is_current:
            return
        self.set_class(not len(self.board), "-nobody")
        self.query_one(PingTable).show(self.board)
        words = state_of(self.board, is_connected=self.sertui.snapshot.connected)
        self.query_one("#ping-state", Static).update(plain_text(words))
        self._show_detail()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """The cursor has moved."""
        self._show_detail()

    def _show_detail(self) -> None:
        target = self._chosen()
        words = summary_of(target) if target else ""
        self.query_one("#ping-detail", Static).update(plain_text(words))
        self.query_one(PingPlot).show(target)

    def _chosen(self) -> Target | None:
        uri = self.query_one(PingTable).chosen
        return self.board.get(uri) if uri is not None else None

    # What the keys do

    def action_add(self) -> None:
        """Ask whom to ping."""
        book = AddressBook(self.ask, lambda: self.sertui.snapshot.config.get("listen", ""))
        dialog = AskLine(
            "Ping",
            "A user who is registered, or a URI such as sip:joe@192.0.2.9",
            suggester=TargetSuggester(book),
        )
        self.app.push_screen(dialog, self._add)

    def _add(self, target: str | None) -> None:
        if target:
            self.post_message(AddPing(target))

    def action_remove(self) -> None:
        """Forget the chosen one."""
        target = self._chosen()
        if target:
            self.sertui.pinger.remove(target)
            self.show_board()

    def action_pause(self) -> None:
        """Let the chosen one rest, or go on."""
        target = self._chosen()
        if target:
            self.board.pause(target.uri)
            self._keep()

    def action_pause_all(self) -> None:
        """Let all rest, or go on."""
        self.board.pause_all()
        self._keep()

    def action_interval(self) -> None:
        """The next of the intervals."""
        self.board.next_interval()
        self._keep()

    def _keep(self) -> None:
        """For the next dashboard, too."""
        self.sertui.pinger.keep()
        self.show_board()

    def action_zero(self) -> None:
        """Begin all figures anew."""
        self.board.reset(self.sertui.clock())
        self.show_board()

    def action_write(self) -> None:
        """Write a request for the chosen one."""
        if uri := self._chosen_uri():
            self.post_message(WriteRequest(uri))

    def action_copy(self) -> None:
        """The chosen URI."""
        if uri := self._chosen_uri():
            self.app.copy_to_clipboard(uri)
            self.notify(f"Copied {plain(uri)}", markup=False)

    def _chosen_uri(self) -> str:
        """Says so where there is none."""
        target = self._chosen()
        if target is not None and target.is_away:
            self.notify(f"{plain(target.user)} isn't registered", markup=False)
            return ""
        return target.uri if target else ""


def state_of(board: PingBoard, *, is_connected: bool) -> str:
    """How many there are, how they do, how often they are asked."""
    states = [target.state for target in board]
    parts = [f"{len(board)} pinged every {board.interval:g} s"]
    for state, word in (
        (State.OK, "answering"),
        (State.REFUSED, "refusing"),
        (State.SILENT, "silent"),
        (State.ERROR, "not reached"),
        (State.PAUSED, "paused"),
        (State.AWAY, "not registered"),
    ):
        if number := states.count(state):
            parts.append(f"{state.value} {number} {word}")
    if not is_connected:
        parts.append("on hold: ser is away")
    return "   ".join(parts)

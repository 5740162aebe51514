"""What all modes share: header, modes, footer, and how a snapshot reaches the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen

from ser_core.fifo.protocol import Sendable
from sertui.feed import TIMEOUT, Answer
from sertui.snapshot import Snapshot
from sertui.widgets.header import StateHeader
from sertui.widgets.key_bar import KeyBar
from sertui.widgets.lost_banner import LostBanner
from sertui.widgets.mode_bar import ModeBar

if TYPE_CHECKING:
    from sertui.app import SertuiApp


class ModeScreen(Screen[None]):
    """One of the five. A subclass says what stands between header and footer."""

    MODE: ClassVar[str] = ""
    """Its name, as in the app's MODES and the table of actions."""

    def compose(self) -> ComposeResult:
        """The frame."""
        yield StateHeader()
        yield ModeBar(self.MODE)
        yield LostBanner()
        yield from self.compose_body()
        yield KeyBar()

    def compose_body(self) -> ComposeResult:
        """What stands between header and footer."""
        yield from ()

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """Show it. Called each second while the mode is on screen, and when it comes there."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Header first, then what the screen itself has."""
        frame = (StateHeader, LostBanner, KeyBar)  # none any more while the app ends
        if not self.is_mounted or not all(self.query(part) for part in frame):
            return
        self.query_one(StateHeader).show(snapshot)
        self.query_one(LostBanner).show(snapshot)
        self.set_class(not snapshot.connected and snapshot.sequence > 0, "-lost")
        self.on_snapshot(snapshot)

    def on_screen_resume(self) -> None:
        """What happened while another mode was seen."""
        self.show_snapshot(self.sertui.snapshot)

    async def ask(self, command: str, *arguments: Sendable, timeout: float = TIMEOUT) -> Answer:
        """Run a FIFO command and wait for its answer, while the screen goes on."""
        return await self.sertui.ask(command, *arguments, timeout=timeout)

    @property
    def sertui(self) -> SertuiApp:
        """The app, by its own type."""
        return cast("SertuiApp", self.app)

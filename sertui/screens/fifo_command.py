"""Any FIFO command: its arguments, and below them what ser answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from sertui.feed import Answer
from sertui.fifo_commands import FifoCommand
from sertui.plain_text import plain
from sertui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from sertui.app import SertuiApp

TIMEOUT = 60.0
"""Seconds: t_uac_dlg answers when the far end has."""
LINES = 2000
"""Of a reply; t_hash has 65,536."""


class FifoCommandScreen(ModalScreen[None]):
    """What changes nothing and needs nothing is run at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5,ctrl+r", "run", "Run", priority=True),
        Binding("escape", "dismiss", "Close"),
    ]
    DEFAULT_CSS = """
    FifoCommandScreen {
        align: center middle;
        #box { width: 90%; max-width: 120; height: 90%; border: round $primary; padding: 0 1; }
        #box { background: $surface; }
        #about { height: auto; }
        #arguments { height: 8; background: $panel; }
        #reply { height: 1fr; }
    }
    """

    def __init__(self, command: FifoCommand) -> None:
        super().__init__()
        self._command = command
        self._text = Static(id="text")

    def compose(self) -> ComposeResult:
        """Words, arguments, reply."""
        command = self._command
        with Vertical(id="box") as box:
            box.border_title = Content(f"FIFO: {plain(command.name)}").markup
            yield Static(Content(about(command)), id="about")
            if command.arguments:
                yield TextArea(id="arguments", compact=True)
            with VerticalScroll(id="reply"):
                yield self._text
        yield KeyBar()

    def on_mount(self) -> None:
        """Run what may be run without a word."""
        if self._command.may_run_at_once:
            self.action_run()

    def action_run(self) -> None:
        """Send what stands in the field, a line for each argument."""
        self._text.update("… waiting for the answer")
        self.run_worker(self._ask(), exclusive=True)

    async def _ask(self) -> None:
        fields = self.query("#arguments").results(TextArea)
        lines = [line for field in fields if field.text for line in field.text.split("\n")]
        app = cast("SertuiApp", self.app)
        answer = await app.ask(self._command.name, *lines, timeout=TIMEOUT)
        self._text.update(Content(shown(answer)))


def about(command: FifoCommand) -> str:
    """What it does, and how its arguments are to be typed."""
    words = plain(command.help)
    if command.changes:
        words += "\nIt changes something: F5 or ^R runs it."
    if command.arguments:
        words += f"\nA line for each of: {plain(command.arguments)}"
    return words


def shown(answer: Answer) -> str:
    """Status line and body, nothing in them that a terminal would obey."""
    if answer.reply is None:
        return plain(answer.problem)
    lines = answer.reply.body.decode("utf-8", "surrogateescape").split("\n")
    kept = [plain(line).replace("\\t", "\t") for line in lines[:LINES]]
    if len(lines) > LINES:
        kept.append(f"… and {len(lines) - LINES:,} lines more")
    return "\n".join((f"{plain(answer.words)}  ({answer.seconds * 1000:.0f} ms)", "", *kept))

"""One line of the log with all that is known of it."""

from __future__ import annotations

from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from sertui.log_row import fields
from sertui.plain_text import plain
from sertui.snapshot import LogLine


class LineDialog(ModalScreen[None]):
    """A message that is logged whole stands here as it came, line for line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,enter,q", "dismiss", "Close"),
        ("y", "copy", "Copy"),
    ]
    DEFAULT_CSS = """
    LineDialog {
        align: center middle;
        #line { width: 90%; height: auto; max-height: 90%; padding: 0 1; }
        #line { border: round $primary; background: $surface; }
    }
    """

    def __init__(self, line: LogLine) -> None:
        super().__init__()
        self._line = line

    def compose(self) -> ComposeResult:
        """Fields, then the text."""
        with VerticalScroll(id="line") as box:
            box.border_title = "A line of the log"
            box.border_subtitle = "y copies its text  Esc closes"
            yield Static(_drawn(self._line))

    def action_copy(self) -> None:
        """The text as it was logged."""
        self.app.copy_to_clipboard(text_of(self._line))
        self.app.notify("Copied", markup=False)


def text_of(line: LogLine) -> str:
    """Its text, one line for each that it had."""
    return "\n".join(map(plain, line.text.splitlines()))


def _drawn(line: LogLine) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, value in fields(line):
        table.add_row(Text(name, "bold"), Text(value))
    return Group(table, Text(), Text(text_of(line)))

"""Asks for a line: a target, a file."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Label

from sertui.plain_text import plain


class AskLine(ModalScreen[str | None]):
    """Ends with the line, or with None when the user has thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Close")]
    DEFAULT_CSS = """
    AskLine {
        align: center middle;
        #ask { width: 72; max-width: 100%; height: auto; padding: 0 1; }
        #ask { border: round $primary; background: $surface; }
        #ask Input { border: none; height: 1; padding: 0; background: $panel; }
        #ask Label { width: 1fr; color: $faint-color; text-style: $faint-style; }
    }
    """

    def __init__(
        self, title: str, help_: str, value: str = "", suggester: Suggester | None = None
    ) -> None:
        super().__init__()
        self._title = title
        self._help = help_
        self._value = value
        self._suggester = suggester

    def compose(self) -> ComposeResult:
        """What is asked, and a word of help below it."""
        with Vertical(id="ask") as box:
            box.border_title = Text(plain(self._title)).markup
            box.border_subtitle = "Enter takes it  Esc closes"
            yield Input(self._value, suggester=self._suggester, select_on_focus=False)
            yield Label(self._help, markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """What was typed."""
        self.dismiss(event.value.strip())

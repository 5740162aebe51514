"""Asks before something is done that can't be undone."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static


class ConfirmDialog(ModalScreen[bool]):
    """True after y; n, Escape, or Enter at once leave things as they are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("y", "answer(True)", "Yes"),
        ("n,escape,q", "answer(False)", "No"),
        ("left", "app.focus_previous", "Other"),
        ("right", "app.focus_next", "Other"),
    ]
    DEFAULT_CSS = """
    ConfirmDialog {
        align: center middle;
        #confirm { width: 72; max-width: 100%; height: auto; padding: 0 1; }
        #confirm { border: round $warning; background: $surface; }
        Static { max-height: 8; }
        Horizontal { height: auto; align-horizontal: right; margin-top: 1; }
        Button { margin-left: 2; }
    }
    """
    AUTO_FOCUS = "#no"

    def __init__(self, title: str, question: Text, yes: str) -> None:
        """`yes`: the verb on the button."""
        super().__init__()
        self._title = title
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question above the two answers."""
        with Vertical(id="confirm") as box:
            box.border_title = self._title
            yield Static(self._question)
            with Horizontal():
                yield Button(f"{self._yes} (y)", id="yes", variant="error", compact=True)
                yield Button("Leave it (n)", id="no", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """By Enter or the mouse."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """By its letter."""
        self.dismiss(answer)

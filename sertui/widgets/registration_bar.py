"""The line above the registrations: what is filtered by, and how many that leaves."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from sertui.plain_text import plain_text


class Field(Input):
    """Enter and Down go to the table, Escape too, emptying it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "empty", "Empty it"),
        ("down", "submit", "To the table"),
    ]

    def action_empty(self) -> None:
        """Show all again."""
        self.value = ""
        self.post_message(self.Submitted(self, ""))


class RegistrationBar(Horizontal):
    """A field and the state beside it."""

    DEFAULT_CSS = """
    RegistrationBar {
        height: 1;
        Label { padding: 0 1; color: $foreground; }
        Field { width: 1fr; min-width: 16; }
        Field.-used { text-style: bold; background: $row; }
        #state { width: auto; max-width: 75%; }
    }
    """

    class Changed(Message):
        """Something was typed; the table follows at once."""

        def __init__(self, value: str) -> None:
            super().__init__()
            self.value = value

    class Done(Message):
        """Enter, Down or Escape."""

    def compose(self) -> ComposeResult:
        """Name, field, state."""
        yield Label("Filter")
        yield Field(placeholder="AOR, contact, user agent", compact=True)
        yield Label(id="state")

    def enter(self) -> None:
        """Type there."""
        self.screen.set_focus(self.query_one(Field))  # at once: the next key is for it

    def clear(self) -> None:
        """As if all had been deleted by hand."""
        self.query_one(Field).value = ""

    def tell(self, words: str) -> None:
        """The state."""
        self.query_one("#state", Label).update(plain_text(words))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        event.input.set_class(bool(event.value), "-used")
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Done())

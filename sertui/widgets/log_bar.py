"""The line above the log: what a line must have in it to be shown, and what is searched for."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

TEXT = "text"
CALL_ID = "call-id"
SEARCH = "search"
FIELDS = ((TEXT, "Filter", "any text"), (CALL_ID, "Call-ID", "all calls"), (SEARCH, "Search", ""))


class Field(Input):
    """One line high. Enter and Escape go back to the log, Escape emptying it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "empty", "Empty it")]

    def action_empty(self) -> None:
        """Show all again."""
        self.value = ""
        self.post_message(self.Submitted(self, ""))


class LogBar(Horizontal):
    """Three fields."""

    DEFAULT_CSS = """
    LogBar {
        height: 1;
        Label { padding: 0 1; color: $foreground; }
        Field { width: 1fr; }
        Field.-used { text-style: bold; background: $row; }
    }
    """

    class Changed(Message):
        """Something was typed; the log is filtered and marked as one types."""

        def __init__(self, field: str, value: str) -> None:
            super().__init__()
            self.field = field
            self.value = value

    class Done(Message):
        """Enter or Escape."""

        def __init__(self, field: str) -> None:
            super().__init__()
            self.field = field

    def compose(self) -> ComposeResult:
        """Each with its name before it."""
        for name, label, placeholder in FIELDS:
            yield Label(label)
            yield Field(placeholder=placeholder, id=name, compact=True)

    def enter(self, name: str) -> None:
        """Type there."""
        self.screen.set_focus(self._field(name))  # at once: the next key is for it

    def put(self, name: str, value: str) -> None:
        """As if it had been typed."""
        self._field(name).value = value

    def value_of(self, name: str) -> str:
        """What stands there."""
        return self._field(name).value

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        event.input.set_class(bool(event.value), "-used")
        self.post_message(self.Changed(event.input.id or "", event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Done(event.input.id or ""))

    def _field(self, name: str) -> Field:
        return self.query_one(f"#{name}", Field)

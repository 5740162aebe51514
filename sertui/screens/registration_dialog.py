"""One registration with all its fields."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from sertui.plain_text import plain
from sertui.registration_fields import fields
from sertui.registrations import Registration


class RegistrationDialog(ModalScreen[str]):
    """Ends with the key of what is to be done with it, or with an empty text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,enter,q", "end('')", "Close"),
        ("p", "end('ping')", "Ping"),
        ("s", "end('send')", "Send"),
        ("x,delete", "end('remove')", "Remove"),
        ("y", "copy", "Copy"),
    ]
    DEFAULT_CSS = """
    RegistrationDialog {
        align: center middle;
        #registration { width: 90%; height: auto; max-height: 90%; padding: 0 1; }
        #registration { border: round $primary; background: $surface; }
    }
    """

    def __init__(self, row: Registration, now: float) -> None:
        super().__init__()
        self._fields = [(name, plain(value)) for name, value in fields(row, now)]

    def compose(self) -> ComposeResult:
        """A line for each field, more where it is long."""
        with VerticalScroll(id="registration") as box:
            box.border_title = "A registration"
            box.border_subtitle = "p ping  s send  x remove  y copy  Esc close"
            yield Static(_drawn(self._fields))

    def action_end(self, action: str) -> None:
        """What is to be done then."""
        self.dismiss(action)

    def action_copy(self) -> None:
        """All fields, a line for each."""
        self.app.copy_to_clipboard("".join(f"{name}: {value}\n" for name, value in self._fields))
        self.app.notify("All fields are copied", markup=False)


def _drawn(fields_: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, value in fields_:
        table.add_row(Text(name, "bold"), Text(value, overflow="fold"))
    return table

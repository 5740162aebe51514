"""A form for a registration that no phone makes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from sertui.feed import Answer
from sertui.plain_text import plain, plain_text
from sertui.registration_form import Entry, in_words

Ask = Callable[..., Awaitable[Answer]]

FIELDS = (
    ("aor", "AOR", "", "joe or joe@example.com"),
    ("contact", "Contact", "sip:", "sip:joe@192.0.2.9:5060"),
    ("expires", "Expires", "3600", "seconds; empty: for good"),
    ("q", "q", "1.0", "0 to 1, the highest is called first"),
)


class RegistrationAddDialog(ModalScreen[Entry | None]):
    """Stays open until ser has taken it, with what is wrong below; ends with what was added."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "leave", "Close"),
        ("up", "app.focus_previous", "Field above"),
        ("down", "app.focus_next", "Field below"),
    ]
    DEFAULT_CSS = """
    RegistrationAddDialog {
        align: center middle;
        #add { width: 72; max-width: 100%; height: auto; max-height: 100%; padding: 0 1; }
        #add { border: round $primary; background: $surface; }
        Horizontal { height: 1; margin-bottom: 1; }
        Label { width: 10; color: $faint-color; text-style: $faint-style; }
        Input { width: 1fr; background: $panel; }
        #problem { height: auto; max-height: 3; min-height: 1; color: $text-error; }
        #buttons { align-horizontal: right; margin: 0; }
        Button { margin-left: 2; }
    }
    """

    def __init__(self, ask: Ask, table: str) -> None:
        super().__init__()
        self._ask = ask
        self._table = table

    def compose(self) -> ComposeResult:
        """A line for each field, then the problem."""
        with VerticalScroll(id="add", can_focus=False) as box:
            box.border_title = f"Add to {plain(self._table)}"
            box.border_subtitle = "Tab next field  Enter adds  Esc closes"
            for name, label, value, placeholder in FIELDS:
                with Horizontal():
                    yield Label(label)
                    yield Input(value, placeholder, id=name, compact=True, select_on_focus=False)
            yield Static(id="problem")
            with Horizontal(id="buttons"):
                yield Button("Add", id="ok", variant="primary", compact=True)
                yield Button("Close", id="close", compact=True)

    @property
    def entry(self) -> Entry:
        """What stands in the form."""
        return Entry(*(self.query_one(f"#{field[0]}", Input).value.strip() for field in FIELDS))

    def on_input_submitted(self) -> None:
        """Enter in any field."""
        self._add()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Add, or think better of it."""
        if event.button.id == "ok":
            self._add()
        else:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Add nothing."""
        self.dismiss(None)

    @work(group="add", exclusive=True)
    async def _add(self) -> None:
        """Ask ser; what it refuses is told here, so that it can be mended."""
        entry = self.entry
        problem = entry.problem
        if not problem:
            self._tell("Asking ser …")
            answer = await self._ask("ul_add", *entry.arguments(self._table))
            if answer.is_ok:
                self.dismiss(entry)
                return
            problem = in_words(answer.words)
        self._tell(f"▲ {problem}")

    def _tell(self, words: str) -> None:
        text = plain_text(words)
        text.no_wrap = False
        self.query_one("#problem", Static).update(text)

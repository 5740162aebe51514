"""A list to choose from: templates, what was sent before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class Pick(NamedTuple):
    """What was chosen."""

    place: int
    """Of the line, from 0."""
    at_once: bool
    """To be sent as it is."""


class PickOne(ModalScreen[Pick | None]):
    """Ends with the line that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "dismiss", "Close"),
        ("g,f4", "at_once", "Send again"),
    ]
    DEFAULT_CSS = """
    PickOne {
        align: center middle;
        OptionList { width: 92; max-width: 100%; height: auto; max-height: 80%; }
        OptionList { border: round $primary; background: $surface; padding: 0 1; }
        OptionList { text-wrap: nowrap; text-overflow: ellipsis; }
        OptionList:focus { border: round $primary; }
    }
    """

    def __init__(self, title: str, lines: Sequence[Text], *, can_send: bool = False) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._can_send = can_send

    def compose(self) -> ComposeResult:
        """The list."""
        chosen = OptionList(*(Option(line) for line in self._lines), markup=False)
        chosen.border_title = self._title
        sends = "  g sends it again" if self._can_send else ""
        chosen.border_subtitle = f"Enter takes it{sends}  Esc closes"
        yield chosen

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click."""
        self.dismiss(Pick(event.option_index, False))

    def action_at_once(self) -> None:
        """Send it as it is."""
        index = self.query_one(OptionList).highlighted
        if self._can_send and index is not None:
            self.dismiss(Pick(index, True))

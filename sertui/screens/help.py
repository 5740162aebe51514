"""The keys that work here, and what they do."""

from __future__ import annotations

from rich.table import Table
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from sertui.actions import EVERYWHERE, Action, actions_of


class HelpScreen(ModalScreen[None]):
    """Made from the table of actions."""

    BINDINGS = [("escape,q,question_mark,f1,enter", "dismiss", "Close")]  # noqa: RUF012  # Textual's way
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        #help { width: 76; max-width: 100%; height: auto; max-height: 90%; }
        #help { border: round $primary; padding: 0 1; background: $surface; }
    }
    """

    def __init__(self, place: Screen[object]) -> None:
        super().__init__()
        self._mode = getattr(place, "MODE", "")

    def compose(self) -> ComposeResult:
        """Keys of the mode, then those of everywhere."""
        with VerticalScroll(id="help") as box:
            box.border_title = "Keys"
            yield Static(_table([*actions_of(self._mode), *actions_of(EVERYWHERE)]))


def _table(actions: list[Action]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for action in actions:
        table.add_row(keys_of(action), action.help)
    return table


_NAMES = {"plus": "+", "minus": "-", "question_mark": "?", "slash": "/"}


def keys_of(action: Action) -> str:
    """As they stand on the keyboard."""
    names = (_NAMES.get(key, key).replace("ctrl+", "^") for key in action.keys.split(","))
    return " ".join(
        name.upper() if name[:1] == "f" and name[1:].isdigit() else name for name in names
    )

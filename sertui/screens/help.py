"""The keys that work here, and what they do; the signs, and what they say."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from sertui.actions import EVERYWHERE, Action, actions_of
from sertui.key_names import key_name
from sertui.signs import Sign, signs_of
from sertui.widgets.mode_bar import LABELS


class HelpScreen(ModalScreen[None]):
    """Made from the tables of actions and signs."""

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
        """What belongs to the mode, then what is so everywhere."""
        with VerticalScroll(id="help") as box:
            box.border_title, box.border_subtitle = "Keys and signs", "Esc closes"
            yield Static(id="keys")

    def on_mount(self) -> None:
        """In the colours of the theme."""
        self.app.theme_changed_signal.subscribe(self, self._draw)
        self._draw()

    def _draw(self, _: object = None) -> None:
        parts = {
            dict(LABELS).get(self._mode, ""): actions_of(self._mode),
            "On every screen": actions_of(EVERYWHERE),
        }
        signs = [*signs_of(self._mode), *signs_of(EVERYWHERE)]
        color = self.app.theme_variables["footer-key-foreground"].removeprefix("ansi_")
        self.query_one("#keys", Static).update(_table(parts, signs, color))


def _table(parts: Mapping[str, list[Action]], signs: list[Sign], color: str) -> Table:
    """Each part under its heading."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for title, actions in parts.items():
        if actions:
            table.add_row("", Text(title, "bold"))
            for action in actions:
                table.add_row(Text(keys_of(action), f"bold {color}"), action.help)
            table.add_row("", "")
    table.add_row("", Text("Signs", "bold"))
    for sign in signs:
        table.add_row(Text(sign.sign, "bold"), sign.meaning)
    return table


def keys_of(action: Action) -> str:
    """As they stand on the keyboard."""
    return " ".join(map(key_name, action.keys.split(",")))

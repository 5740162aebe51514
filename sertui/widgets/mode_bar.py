"""The five modes in one line, the present one marked."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Label

LABELS = (
    ("overview", "1 Overview"),
    ("registrations", "2 Registrations"),
    ("inject", "3 Inject"),
    ("pings", "4 Ping"),
    ("log", "5 Log"),
)


class ModeBar(Horizontal):
    """A click goes there, as the key does."""

    DEFAULT_CSS = """
    ModeBar {
        height: 1;
        background: $panel;
        Label { padding: 0 1; color: $text-muted; }
        Label:hover { color: $text; }
        Label.-here { background: $primary; color: $text; text-style: bold; }
    }
    """

    def __init__(self, here: str) -> None:
        super().__init__()
        self._here = here

    def compose(self) -> ComposeResult:
        """A label each."""
        for mode, label in LABELS:
            classes = "-here" if mode == self._here else ""
            yield Label(f"[@click=app.mode('{mode}')]{label}[/]", classes=classes)

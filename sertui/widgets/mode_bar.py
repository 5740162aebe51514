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
        Label { padding: 0 1; color: $faint-color; text-style: $faint-style; }
        Label { link-color: $faint-color; link-style: none; }
        Label { link-color-hover: $foreground; link-background-hover: $row; }
        Label.-here { background: $primary; text-style: bold; }
        Label.-here { link-color: $block-cursor-foreground; link-style: bold; }
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

"""A text to be read, of any length."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from sertui.plain_text import plain


class TextDialog(ModalScreen[None]):
    """Its lines as they are, nothing in them that a terminal would obey."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,enter,q", "dismiss", "Close"),
        ("y", "copy", "Copy"),
    ]
    DEFAULT_CSS = """
    TextDialog {
        align: center middle;
        #text { width: auto; max-width: 90%; height: auto; max-height: 90%; padding: 0 1; }
        #text { border: round $primary; background: $surface; }
        Static { width: auto; }
    }
    """

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = "\n".join(map(plain, text.splitlines()))

    def compose(self) -> ComposeResult:
        """The text in a box."""
        with VerticalScroll(id="text") as box:
            box.border_title = Content(plain(self._title)).markup
            box.border_subtitle = "y copies it  Esc closes"
            yield Static(Content(self._text))

    def action_copy(self) -> None:
        """All of it."""
        self.app.copy_to_clipboard(self._text)
        self.app.notify("Copied", markup=False)

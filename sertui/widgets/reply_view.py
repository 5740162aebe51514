"""How a request ended: the response, with its status and time in the border."""

from __future__ import annotations

from rich.text import Text

from ser_core.fifo.probes import milliseconds
from sertui.delivery import Ending
from sertui.plain_text import plain
from sertui.widgets.sip_text import SipText

NOTHING_YET = "Nothing was sent yet. F5 sends the request; its reply comes here."


class ReplyView(SipText):
    """To be read and copied."""

    def __init__(self, *, id: str) -> None:  # Textual's name
        super().__init__(id=id, read_only=True, show_cursor=False, placeholder=NOTHING_YET)
        self.border_title = "Reply"

    def show_waiting(self, seconds: float, *, can_cancel: bool) -> None:
        """Nothing has come yet."""
        self._show("", f"Reply: waiting {int(seconds)} s{'; c cancels' if can_cancel else ''}", "")

    def show_ending(self, ending: Ending) -> None:
        """It is over."""
        sign = "✓" if ending.is_success else "✗"
        status = f"{sign} {plain(ending.status)} after {milliseconds(ending.seconds)} ms"
        self._show("\n".join(map(plain, ending.text.split("\n"))), status, plain(ending.note))

    def _show(self, text: str, title: str, subtitle: str) -> None:
        if text != self.text:
            self.text = text
        self.border_title = Text(title).markup
        self.border_subtitle = Text(subtitle).markup

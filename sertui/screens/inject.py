"""Write a SIP request, have it checked while it is typed, send it, see what came of it."""

from __future__ import annotations

import os
import time

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import TextArea

from ser_core.sip.request_text import SipRequest
from ser_core.sip.sender import default_sender
from sertui.actions import bindings_of
from sertui.address_book import AddressBook, TargetSuggester
from sertui.plain_text import plain
from sertui.request_completion import word_before
from sertui.request_draft import TARGET, from_template, judge, ready, request_uri, retargeted
from sertui.request_history import RequestHistory, SentRequest, ended, history_path
from sertui.screens.ask_line import AskLine
from sertui.screens.base import ModeScreen
from sertui.screens.request_choosing import choose_sent, choose_template
from sertui.screens.request_in_file import open_request, write_request
from sertui.widgets.reply_view import ReplyView
from sertui.widgets.sip_text import SipText
from sertui.widgets.verdict_view import VerdictView

FIRST = "options"
"""The template to begin with."""
TICK = 0.5
"""Seconds from one look at the time of waiting to the next."""


class InjectScreen(ModeScreen):
    """Request, what is wrong with it, reply."""

    MODE = "inject"
    BINDINGS = bindings_of("inject")
    AUTO_FOCUS = "#reply"  # not the text: 1 to 5 are to lead on at once
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012  # Textual's way
    DEFAULT_CSS = """
    InjectScreen {
        #inject { height: 1fr; layout: vertical; }
        #draft, #reply { height: 1fr; width: 1fr; }
        &.-narrow #inject { overflow-y: auto; }
        &.-narrow #draft, &.-narrow #reply { min-height: 6; }
        #request { height: 1fr; }
        &.-wide #inject { layout: horizontal; }
        &.-wide VerdictView { max-height: 8; }
        &.-wide #draft, &.-wide #reply { height: 100%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.history = RequestHistory(history_path(os.environ))
        self._sender = default_sender()
        self._target = TARGET
        self._next_hop = ""
        self._under_way: SipRequest | None = None
        self._since = 0.0
        self._book = AddressBook(self.ask, lambda: self.sertui.snapshot.config.get("listen", ""))

    def compose_body(self) -> ComposeResult:
        """The reply below the request, or beside it where there is room."""
        with Container(id="inject"):
            with Vertical(id="draft"):
                yield SipText(id="request", tab_behavior="focus")
                yield VerdictView()
            yield ReplyView(id="reply")

    def on_mount(self) -> None:
        """Something to begin with."""
        self._editor.border_title = "Request"
        if not self._editor.text:
            self._editor.text = from_template(FIRST, TARGET, self._sender)
        self.set_interval(TICK, self._show_waiting)
        if self.history.problem:
            self.notify(f"No history: {plain(self.history.problem)}", markup=False)

    @property
    def _editor(self) -> SipText:
        return self.query_one("#request", SipText)

    @property
    def _reply(self) -> ReplyView:
        return self.query_one(ReplyView)

    def write_to(self, uri: str) -> None:
        """What is written goes to `uri`."""
        text = self._editor.text or from_template(FIRST, TARGET, self._sender)
        self._set_text(retargeted(text, self._target, uri), uri)

    def _set_text(self, text: str, target: str) -> None:
        self._target = target
        self._editor.text = text

    # While it is typed

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Check it; look for whom the user may mean."""
        if event.text_area is not self._editor:
            return
        self._show_verdict()
        name = word_before(self._editor.line_to_cursor)
        if name and self.sertui.snapshot.connected:
            self._look_for(name)

    @work(exclusive=True, group="completion")
    async def _look_for(self, name: str) -> None:
        self._editor.uris = await self._book.uris(name)
        self._editor.update_suggestion()

    def _show_verdict(self) -> None:
        verdict = judge(self._editor.text, self._next_hop)
        next_hop = f"next hop {plain(self._next_hop)}" if self._next_hop else ""
        self._editor.border_subtitle = Text(next_hop).markup
        self.query_one(VerdictView).show(verdict)

    # Sending

    def action_send(self) -> None:
        """Send what is written."""
        self._send(self._editor.text, self._next_hop)

    def action_send_again(self) -> None:
        """The last one once more."""
        if self.history.entries:
            self._send_entry(self.history.entries[-1])
        else:
            self.notify("Nothing was sent before", markup=False)

    def _send_entry(self, entry: SentRequest) -> None:
        self._write_again(entry)
        self._send(entry.text, entry.next_hop)

    def _send(self, text: str, next_hop: str) -> None:
        verdict = judge(text, next_hop)
        if verdict.request is None:
            self.notify(f"Not sent: {plain(verdict.problems[0])}", severity="error", markup=False)
            return
        request = ready(verdict.request, os.urandom(12).hex())
        self._under_way, self._since = request, time.monotonic()
        self._show_waiting()
        self._deliver(request, text, next_hop)

    @work(group="delivery")
    async def _deliver(self, request: SipRequest, text: str, next_hop: str) -> None:
        sent = SentRequest(text, next_hop, self.sertui.clock(), is_over=False)
        self.history.add(sent)
        ending = await self.sertui.calls.deliver(request)
        self.history.add(ended(sent, ending.code, ending.words, ending.seconds))
        if request is self._under_way:
            self._under_way = None
            self._reply.show_ending(ending)

    def _show_waiting(self) -> None:
        if self._under_way is None:
            return
        waited = time.monotonic() - self._since
        self._reply.show_waiting(waited, can_cancel=self._under_way.method == "INVITE")

    def action_hang_up(self) -> None:
        """Cancel the INVITE that is under way."""
        invite = self.sertui.calls.last
        if invite is None:
            self.notify("No INVITE is under way", markup=False)
        else:
            self._cancel(invite)

    @work(group="cancel")
    async def _cancel(self, invite: SipRequest) -> None:
        self.notify(f"CANCEL: {plain(await self.sertui.calls.cancel(invite))}", markup=False)

    # What to send

    def action_template(self) -> None:
        """Choose one."""

        def take(name: str) -> None:
            self._set_text(from_template(name, self._target, self._sender), self._target)

        choose_template(self, take)

    def action_history(self) -> None:
        """Choose from what was sent, to be changed or sent again."""
        choose_sent(self, self.history.entries, self._write_again, self._send_entry)

    def _write_again(self, entry: SentRequest) -> None:
        self._next_hop = entry.next_hop
        self._set_text(entry.text, request_uri(entry.text))

    def action_target(self) -> None:
        """Ask whom it is for."""

        def take(target: str | None) -> None:
            if target:
                self._choose(target)

        help_ = "A user who is registered, or a URI"
        self.app.push_screen(AskLine("To whom", help_, suggester=TargetSuggester(self._book)), take)

    @work(exclusive=True, group="target")
    async def _choose(self, target: str) -> None:
        if ":" not in target:
            found = await self._book.uris(target)
            if not found:
                self.notify(f"{plain(target)} isn't registered", severity="error", markup=False)
                return
            target = found[0]
        self.write_to(target)

    def action_next_hop(self) -> None:
        """Ask where to send it."""

        def take(next_hop: str | None) -> None:
            if next_hop is not None:
                self._next_hop = next_hop
                self._show_verdict()

        help_ = "A SIP URI; empty: where the Request-URI points to"
        self.app.push_screen(AskLine("Next hop", help_, self._next_hop), take)

    def action_open_file(self) -> None:
        """Ask for a file."""
        open_request(self, lambda text: self._set_text(text, request_uri(text)))

    def action_write_file(self) -> None:
        """Ask where to."""
        write_request(self, self._editor.text)

    # Moving

    def action_edit(self) -> None:
        """Back to the text."""
        self._editor.focus()

    def action_leave(self) -> None:
        """To the reply, where letters are keys."""
        self._reply.focus()

    def action_copy_reply(self) -> None:
        """All of it."""
        self.app.copy_to_clipboard(self._reply.text)
        self.notify("Copied", markup=False)

"""Pings all targets on time, whatever mode is on screen. The board does the sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ser_core.fifo import uac
from ser_core.fifo.contacts import SHOW, is_uri, read_contacts
from ser_core.fifo.probes import Outcome, Probe, outcome_of
from ser_core.fifo.protocol import Sendable
from ser_core.sip import request_templates
from ser_core.sip.request_checks import complaints
from ser_core.sip.request_text import SipRequest
from ser_core.sip.sender import default_sender
from sertui.feed import Answer, Take
from sertui.ping_board import WAIT, PingBoard, Target

TABLE = "location"
TICK = 0.2
"""Seconds from one look at what is due to the next."""
_SLACK = 0.1  # seconds that a timeout may come early


class Asker(Protocol):
    """What it needs of the app."""

    clock: Callable[[], float]

    def request(self, command: str, *arguments: Sendable, take: Take, timeout: float = ...) -> None:
        """Run a FIFO command; `take` gets the answer, in the app's thread."""


class Pinger:
    """A board and its clockwork."""

    def __init__(self, asker: Asker, tell: Callable[[str], None]) -> None:
        """`tell` gets what a user should know, in words."""
        self.board = PingBoard()
        self.changed: Callable[[], None] = lambda: None
        """Called when something is new; the screen puts itself here."""
        self._asker = asker
        self._tell = tell
        self._sender = default_sender()

    def add(self, target: str, user: str = "") -> None:
        """Ping a URI, or all contacts that a user has now."""
        if is_uri(target):
            self._add_uri(target, user)
        elif not target or ":" in target:
            self._tell(f"{target!r} is neither a SIP URI (sip:…) nor a user")
        else:
            self._asker.request(
                SHOW, TABLE, target, take=lambda answer: self._add_contacts(target, answer)
            )

    def tick(self, *, is_connected: bool) -> None:
        """Send what is due. While ser is away nothing is: that is no loss of the targets."""
        if not is_connected:
            return
        due = self.board.take_due(self._asker.clock())
        for target in due:
            self._ping(target)
        if due:
            self.changed()

    def _add_uri(self, uri: str, user: str) -> None:
        wrong = complaints(_options(uri, self._sender))
        if wrong:
            self._tell(wrong[0])
            return
        self.board.add(uri, self._asker.clock(), user)
        self.changed()

    def _add_contacts(self, user: str, answer: Answer) -> None:
        if answer.reply is None or not answer.reply.is_ok:
            self._tell(f"{user}: {answer.words}")
            return
        try:
            uris = read_contacts(answer.reply)
        except ValueError as error:
            self._tell(f"{user}: {error}")
            return
        for uri in uris:
            self._add_uri(uri, user)

    def _ping(self, target: Target) -> None:
        request = uac.arguments(_options(target.uri, self._sender))
        self._asker.request(
            uac.COMMAND, *request, take=lambda answer: self._take(target, answer), timeout=WAIT
        )

    def _take(self, target: Target, answer: Answer) -> None:
        probe = _probe(target, answer)
        if probe is None:
            self.board.void(target)
        else:
            self.board.over(target, probe)
        self.changed()


def _options(uri: str, sender: str) -> SipRequest:
    text = request_templates.text_of("options")
    return request_templates.request_from(text, method="OPTIONS", uri=uri, sender=sender)


def _probe(target: Target, answer: Answer) -> Probe | None:
    """What came of a ping; None when ser couldn't be asked."""
    seq = target.tally.transmitted
    if answer.reply is not None:
        told = uac.read_answer(answer.reply)
        return Probe(target.uri, seq, outcome_of(told), told.code, told.words, answer.seconds)
    if answer.seconds >= WAIT - _SLACK:
        return Probe(target.uri, seq, Outcome.SILENCE, uac.TIMEOUT, "no answer", answer.seconds)
    return None

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
from sertui.delivery import WAIT
from sertui.feed import Answer, Take
from sertui.ping_board import INTERVALS, NO_ANSWER, PingBoard, Target
from sertui.ping_following import PERIOD, Following
from sertui.ping_list import Entry, PingList, PingListFile

TABLE = "location"
TICK = 0.2
"""Seconds from one look at what is due to the next."""
NOT_FOUND = 404


class Asker(Protocol):
    """What it needs of the app."""

    clock: Callable[[], float]

    def request(self, command: str, *arguments: Sendable, take: Take, timeout: float = ...) -> None:
        """Run a FIFO command; `take` gets the answer, in the app's thread."""


class Pinger:
    """A board and its clockwork."""

    def __init__(
        self, asker: Asker, tell: Callable[[str], None], file: PingListFile | None = None
    ) -> None:
        """`tell` gets what a user should know, in words; `file` keeps who is pinged."""
        self.board = PingBoard()
        self.following = Following()
        self.changed: Callable[[], None] = lambda: None
        """Called when something is new; the screen puts itself here."""
        self._asker = asker
        self._tell = tell
        self._file = file
        self._sender = default_sender()

    # -- who -------------------------------------------------------------------------------------

    def add(self, target: str, user: str = "") -> None:
        """Ping a URI, or a user wherever he is registered."""
        if is_uri(target):
            if self._add_uri(target, user):
                self.keep()
        elif not target or ":" in target:
            self._tell(f"{target!r} is neither a SIP URI (sip:…) nor a user")
        else:
            self._look_for(target, is_new=True)

    def remove(self, target: Target) -> None:
        """Ping it no more; nor the user, once none of his contacts is left."""
        self.board.remove(target.uri)
        self.following.leave_out(target.user, target.uri)
        if not self.board.of(target.user):
            self.following.remove(target.user)
        self.keep()
        self.changed()

    def restore(self, file: PingListFile) -> None:
        """Go on with what a dashboard before us pinged; `file` keeps what is pinged from now on."""
        self._file = file
        try:
            kept = file.load()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            self._tell(f"{file.path} can't be read: {reason}. Nobody is pinged yet.")
            return
        if kept is not None:
            self._take_over(kept)

    def keep(self) -> None:
        """Write down who is pinged, for the next dashboard."""
        if self._file is None:
            return
        try:
            self._file.save(self._list())
        except OSError as error:
            self._tell(f"{self._file.path}: {error.strerror}: who is pinged isn't kept")
            self._file = None  # said once

    def _list(self) -> PingList:
        there = [target for target in self.board if not target.is_away]
        entries = [Entry(target.uri, target.user, target.is_paused) for target in there]
        return PingList(self.board.interval, tuple(entries), tuple(self.following))

    def _take_over(self, kept: PingList) -> None:
        if kept.interval in INTERVALS:
            self.board.interval = kept.interval
        for entry in kept.entries:
            if self._add_uri(entry.uri, entry.user) and entry.is_paused:
                self.board.pause(entry.uri)
        now = self._asker.clock()
        for user in kept.users:
            self.following.add(user, now)
            self.board.add_away(user, now)
        self.changed()

    # -- when ------------------------------------------------------------------------------------

    def tick(self, *, is_connected: bool) -> None:
        """Send what is due. While ser is away nothing is: that is no loss of the targets."""
        if not is_connected:
            return
        now = self._asker.clock()
        silent = self.board.take_silent(now)
        due = self.board.take_due(now)
        for target in due:
            self._ping(target)
        if due or silent:
            self.changed()
        user = self.following.take_due(now)
        if user is not None:
            self._look_for(user)

    # -- users -----------------------------------------------------------------------------------

    def _look_for(self, user: str, *, is_new: bool = False) -> None:
        def take(answer: Answer) -> None:
            if is_new:
                self._begin(user, answer)
            elif user in self.following:  # still
                self._go_on(user, answer)

        self._asker.request(SHOW, TABLE, user, take=take)

    def _begin(self, user: str, answer: Answer) -> None:
        """What is wrong is told: somebody has just asked for it."""
        contacts, problem = _contacts_in(answer)
        if problem:
            self._tell(f"{user}: {problem}")
            return
        self.following.add(user, self._asker.clock() + PERIOD)
        self._show_contacts(user, contacts, quietly=False)
        self.keep()

    def _go_on(self, user: str, answer: Answer) -> None:
        """Nobody is told what can't be asked now; it is asked again soon."""
        contacts, problem = _contacts_in(answer)
        if not problem or (answer.reply is not None and answer.reply.code == NOT_FOUND):
            self._show_contacts(user, contacts)

    def _show_contacts(self, user: str, contacts: list[str], *, quietly: bool = True) -> None:
        """New ones are pinged. Old ones go when there are others; the last one stays, so that it
        is seen to fall silent."""
        before = [target.uri for target in self.board.of(user)]
        wanted = self.following.wanted(user, contacts)
        if wanted:
            for uri in before:
                if uri not in wanted:
                    self.board.remove(uri)
            for uri in wanted:
                self._add_uri(uri, user, quietly=quietly)
        else:
            self.board.add_away(user, self._asker.clock())
        if [target.uri for target in self.board.of(user)] != before:
            self.keep()
            self.changed()

    def _add_uri(self, uri: str, user: str, *, quietly: bool = False) -> bool:
        """Whether it can be pinged; why not is told."""
        wrong = complaints(_options(uri, self._sender))
        if wrong:
            if not quietly:
                self._tell(wrong[0])
            return False
        self.board.add(uri, self._asker.clock(), user)
        self.changed()
        return True

    # -- one ping --------------------------------------------------------------------------------

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


def _contacts_in(answer: Answer) -> tuple[list[str], str]:
    """The contacts, or why there are none, in words."""
    if answer.reply is None or not answer.reply.is_ok:
        return [], answer.words
    try:
        return read_contacts(answer.reply), ""
    except ValueError as error:
        return [], str(error)


def _options(uri: str, sender: str) -> SipRequest:
    text = request_templates.text_of("options")
    return request_templates.request_from(text, method="OPTIONS", uri=uri, sender=sender)


def _probe(target: Target, answer: Answer) -> Probe | None:
    """What came of a ping; None when ser couldn't be asked, or told nothing."""
    if answer.reply is None:
        return None
    told = uac.read_answer(answer.reply)
    outcome = outcome_of(told)
    words = NO_ANSWER if outcome is Outcome.SILENCE else told.words
    seq = target.tally.transmitted
    return Probe(target.uri, seq, outcome, told.code, words, answer.seconds)

"""One SIP request through ser, from asking to the end of what it began.

An INVITE that is given up is cancelled, and its final response still waited for: it may have been
answered in the very moment, and no phone shall be left with a call that nobody is in. For the same
reason an INVITE that was answered is ended with a BYE; ser sends the ACK.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ser_core.fifo import uac
from ser_core.fifo.protocol import Reply
from ser_core.fifo.reach import NoReply
from ser_core.sip.request_text import SipRequest
from serctl.answer_status import status_of
from serctl.askers import Askers, Result
from serctl.exit_status import ExitStatus, Refused

CANCEL = "t_uac_cancel"
CANCEL_WAIT = 5.0
"""Seconds for ser to take a CANCEL."""
AFTER_CANCEL_WAIT = 40.0
"""Seconds for the final response after it (RFC 3261 §9.1: 64*T1, and some)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended."""

    answer: uac.Answer
    reply: Reply
    """As ser gave it."""
    seconds: float
    given_up: ExitStatus | None = None
    """Why it was cancelled: INTERRUPTED or TIMEOUT."""

    @property
    def status(self) -> ExitStatus:
        return self.given_up or status_of(self.answer)


class Sender:
    """Sends requests, one after the other."""

    def __init__(self, askers: Askers[str], note: Callable[[str], None]) -> None:
        """`note` gets what a user who waits should know."""
        self._askers = askers
        self._note = note

    def send(self, request: SipRequest, wait: float) -> Outcome:
        """Send it and wait for the final response.

        Raises Refused, CannotReach, NoReply, and, unless it is an INVITE, KeyboardInterrupt.
        """
        if request.method == "INVITE":
            return self._invite(request, wait)
        self._ask(request, wait)
        result = self._result_of(request.method)
        if result and isinstance(result.error, NoReply) and result.seconds >= wait:
            raise NoReply(f"no final response within {wait:g} s")  # ser would still wait
        return _outcome(result)

    def hang_up(self, invite: SipRequest, answer: uac.Answer, wait: float) -> Outcome:
        """End the call that an answered INVITE began."""
        return self.send(uac.bye_after(invite, answer), wait)

    def _invite(self, request: SipRequest, wait: float) -> Outcome:
        self._ask(request, wait + AFTER_CANCEL_WAIT)
        given_up = ExitStatus.TIMEOUT
        try:
            result = self._result_of(request.method, wait)
        except KeyboardInterrupt:
            result, given_up = None, ExitStatus.INTERRUPTED
        if result is not None:
            return _outcome(result)
        self._cancel(request)
        return _outcome(self._result_of(request.method, AFTER_CANCEL_WAIT), given_up)

    def _ask(self, request: SipRequest, timeout: float) -> None:
        self._askers.ask(request.method, uac.COMMAND, *uac.arguments(request), timeout=timeout)

    def _cancel(self, invite: SipRequest) -> None:
        self._note("cancelling; the far end has to agree (Ctrl-C leaves at once)")
        call_id, cseq = invite.header("call-id") or "", invite.header("cseq") or ""
        self._askers.ask(CANCEL, CANCEL, call_id, cseq, timeout=CANCEL_WAIT)

    def _result_of(self, method: str, timeout: float | None = None) -> Result[str] | None:
        """What became of that request; a CANCEL that fails on the way is told."""
        while (result := self._askers.next(timeout)) is not None:
            if result.key == method:
                return result
            if result.error is not None:
                self._note(f"{CANCEL}: {result.error}")
            elif result.reply is not None and not result.reply.is_ok:
                self._note(f"{result.reply.code} {result.reply.text}")
        return None


def _outcome(result: Result[str] | None, given_up: ExitStatus | None = None) -> Outcome:
    if result is None:
        raise NoReply("the far end doesn't answer the CANCEL")
    if result.error is not None:
        raise result.error
    assert result.reply is not None
    answer = uac.read_answer(result.reply)
    if answer.is_not_sent:
        raise Refused(result.reply)
    return Outcome(answer, result.reply, result.seconds, given_up)

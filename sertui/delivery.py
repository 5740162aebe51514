"""One request through ser, from asking to the end of what it began. No widgets.

An INVITE that was answered is ended with a BYE, so that no phone is left with a call that nobody
is in; ser sends the ACK.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ser_core.fifo import uac
from ser_core.sip.request_text import SipRequest
from sertui.feed import Answer

CANCEL = "t_uac_cancel"
WAIT, INVITE_WAIT = 35.0, 180.0
"""Seconds; longer than ser's own timers (fr_timer, fr_inv_timer), so that it is ser who tells."""
Ask = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a request ended."""

    code: int
    """Of the final response; 0 when there was none."""
    words: str
    """Its reason, or why there was none."""
    seconds: float
    is_from_afar: bool = False
    """False when ser says so itself."""
    text: str = ""
    """The response, line by line."""
    note: str = ""
    """What was done besides."""

    @property
    def is_success(self) -> bool:
        return 200 <= self.code < 300

    @property
    def status(self) -> str:
        """In one line."""
        source = "" if self.is_from_afar or not self.code else " (says ser)"
        return f"{self.code or ''} {self.words}{source}".strip()


async def deliver(ask: Ask, request: SipRequest) -> Ending:
    """Send it and wait for the final response."""
    wait = INVITE_WAIT if request.method == "INVITE" else WAIT
    answer = await ask(uac.COMMAND, *uac.arguments(request), timeout=wait)
    if answer.reply is None:
        return Ending(0, answer.problem, answer.seconds)
    told = uac.read_answer(answer.reply)
    note = ""
    if request.method == "INVITE" and told.is_success and told.is_from_afar:
        note = await _hang_up(ask, request, told)
    return Ending(told.code, told.words, answer.seconds, told.is_from_afar, _text_of(told), note)


async def cancel(ask: Ask, invite: SipRequest) -> str:
    """End an INVITE that is under way; what ser says to that."""
    call_id, cseq = invite.header("call-id") or "", invite.header("cseq") or ""
    return (await ask(CANCEL, call_id, cseq)).words


async def _hang_up(ask: Ask, invite: SipRequest, told: uac.Answer) -> str:
    bye = uac.bye_after(invite, told)
    ended = await ask(uac.COMMAND, *uac.arguments(bye), timeout=WAIT)
    if ended.is_ok:
        return "the call was answered, and ended with a BYE"
    return f"the call was answered, but not ended: BYE {ended.words}"


def _text_of(told: uac.Answer) -> str:
    """As a file would have it; nothing when ser decided it by itself."""
    if not told.head:
        return ""
    text = f"SIP/2.0 {told.code} {told.reason}\n{told.head}\n\n{told.body}"
    return text.replace("\r\n", "\n").rstrip("\n") + "\n"

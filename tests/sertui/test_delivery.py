from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from ser_core.fifo.protocol import Reply, Sendable
from ser_core.sip.request_text import SipRequest
from sertui.delivery import INVITE_WAIT, WAIT, Ending, cancel, deliver
from sertui.feed import Answer
from tests.support.virtual_time import run

HEADERS = (("From", "<sip:d@b>"), ("To", "<sip:joe@a>"), ("Call-ID", "x@y"), ("CSeq", "1 INVITE"))
OPTIONS = SipRequest("OPTIONS", "sip:joe@a", HEADERS)
INVITE = SipRequest("INVITE", "sip:joe@a", HEADERS)
OK = Reply(
    200,
    "OK",
    b"sip:joe@10.0.0.9\n.\n.\nVia: SIP/2.0/UDP a\r\nFrom: <sip:d@b>;tag=1\r\n"
    b"To: <sip:joe@a>;tag=2\r\nCall-ID: x@y\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n\n",
)

TIMEOUT = Reply(408, "Request Timeout", b".\n.\n.\n")


class Ser:
    """Answers one after the other."""

    def __init__(self, *answers: Reply | Answer) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, float, Sendable]] = []

    def ask(self, command: str, *arguments: Sendable, timeout: float = 0) -> Awaitable[Answer]:
        self.asked.append((command, timeout, arguments[0]))
        answer = self.answers.pop(0)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        future.set_result(Answer(answer, "", 0.02) if isinstance(answer, Reply) else answer)
        return future


def delivered(ser: Ser, request: SipRequest) -> Ending:
    return run(deliver(ser.ask, request))


def test_a_response_is_told_with_its_text_and_time() -> None:
    ser = Ser(OK)
    ending = delivered(ser, OPTIONS)
    assert (ending.status, ending.seconds, ending.is_success) == ("200 OK", 0.02, True)
    assert ending.text.startswith("SIP/2.0 200 OK\nVia: SIP/2.0/UDP a\nFrom:")
    assert ending.text.endswith("CSeq: 1 INVITE\n\nv=0\n")
    assert ser.asked == [("t_uac_dlg", WAIT, "OPTIONS")]


def test_what_ser_says_itself_is_told_apart() -> None:
    ending = delivered(Ser(TIMEOUT), OPTIONS)
    assert (ending.status, ending.text) == ("408 Request Timeout (says ser)", "")


def test_no_reply_is_told_in_words() -> None:
    ending = delivered(Ser(Answer(None, "nobody reads it", 0.1)), OPTIONS)
    assert (ending.code, ending.status, ending.is_success) == (0, "nobody reads it", False)


def test_a_call_that_was_answered_is_ended() -> None:
    ser = Ser(OK, OK)
    assert delivered(ser, INVITE).note == "the call was answered, and ended with a BYE"
    assert ser.asked == [("t_uac_dlg", INVITE_WAIT, "INVITE"), ("t_uac_dlg", WAIT, "BYE")]


@pytest.mark.parametrize(
    ("answer", "words"),
    [(TIMEOUT, "408 Request Timeout"), (Answer(None, "ser is away", 0), "ser is away")],
)
def test_a_call_that_goes_on_is_told(answer: Reply | Answer, words: str) -> None:
    ending = delivered(Ser(OK, answer), INVITE)
    assert ending.note == f"the call was answered, but not ended: BYE {words}"


def test_a_refused_call_needs_no_end() -> None:
    busy = Reply(486, "Busy Here", OK.body)
    assert delivered(Ser(busy), INVITE).note == ""


def test_an_invite_is_cancelled_by_its_call_id() -> None:
    ser = Ser(Reply(200, "fifo_uac_cancel succeeded"))
    assert run(cancel(ser.ask, INVITE)) == "200 fifo_uac_cancel succeeded"
    assert ser.asked[0][0] == "t_uac_cancel"
    assert ser.asked[0][2] == "x@y"

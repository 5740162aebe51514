from __future__ import annotations

import threading

import pytest

from ser_core.fifo.reach import NoReply
from ser_core.sip.request_text import SipRequest
from serctl import sending
from serctl.askers import Askers, Result
from serctl.exit_status import ExitStatus, Refused
from serctl.sending import Outcome, Sender
from tests.support.serctl_runs import FakeSer

WAIT = 10.0
HEAD = (
    "Via: SIP/2.0/UDP 10.0.0.1\r\nFrom: <sip:d@b>;tag=1\r\nTo: <sip:joe@a>;tag=2\r\n"
    "Call-ID: x@y\r\nCSeq: 1 INVITE\r\n\r\n\n"
)
OK = f"200 OK\nsip:joe@10.0.0.9\nsip:joe@10.0.0.9\n.\n{HEAD}"
TERMINATED = f"487 Request Terminated\n.\n.\n.\n{HEAD}"
HEADERS = (
    ("From", "<sip:d@b>"),
    ("To", "<sip:joe@a>"),
    ("Call-ID", "x@y"),
    ("CSeq", "1 INVITE"),
)
INVITE = SipRequest("INVITE", "sip:joe@a", HEADERS)
OPTIONS = SipRequest("OPTIONS", "sip:joe@a", HEADERS)


class Ringing(FakeSer):
    """Answers the INVITE when it is cancelled."""

    def __init__(self, final: str, cancel: str = "200 fifo_uac_cancel succeeded\n") -> None:
        super().__init__(t_uac_dlg=self._ring, t_uac_cancel=self._cancel)
        self._final = final
        self._cancel_reply = cancel
        self._cancelled = threading.Event()

    def _ring(self, *_: object) -> str:
        assert self._cancelled.wait(WAIT)
        return self._final

    def _cancel(self, *_: object) -> str:
        self._cancelled.set()
        return self._cancel_reply


def sender(ser: FakeSer, notes: list[str] | None = None) -> Sender:
    return Sender(Askers(lambda: ser), (notes if notes is not None else []).append)


def test_a_request_ends_with_its_final_response() -> None:
    outcome = sender(FakeSer(t_uac_dlg=OK)).send(OPTIONS, WAIT)
    assert outcome.answer.code == 200
    assert outcome.reply.code == 200
    assert outcome.status == ExitStatus.OK


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("400 fifo_uac_error: To missing", Refused),
        (NoReply("no answer in time"), NoReply),
    ],
)
def test_what_is_no_response_is_an_error(reply: str | Exception, error: type[Exception]) -> None:
    with pytest.raises(error):
        sender(FakeSer(t_uac_dlg=reply)).send(OPTIONS, WAIT)


def test_it_is_the_response_that_did_not_come() -> None:
    ser = FakeSer(t_uac_dlg=NoReply("ser didn't answer in time"))
    with pytest.raises(NoReply, match=r"^no final response within 0 s$"):
        sender(ser).send(OPTIONS, 0)
    with pytest.raises(NoReply, match=r"^ser didn't answer in time$"):
        sender(ser).send(OPTIONS, WAIT)


def test_an_invite_that_rings_too_long_is_cancelled() -> None:
    ser = Ringing(TERMINATED)
    outcome = sender(ser).send(INVITE, 0.01)
    assert ("t_uac_cancel", "x@y", "1 INVITE") in ser.requests
    assert (outcome.answer.code, outcome.given_up) == (487, ExitStatus.TIMEOUT)
    assert outcome.status == ExitStatus.TIMEOUT


class Interrupted(Askers[str]):
    """Ctrl-C in the first wait for a result."""

    _has_come = False

    def next(self, timeout: float | None = None) -> Result[str] | None:
        if not self._has_come:
            self._has_come = True
            raise KeyboardInterrupt
        return super().next(timeout)


def send_interrupted(ser: FakeSer, request: SipRequest, notes: list[str]) -> Outcome:
    return Sender(Interrupted(lambda: ser), notes.append).send(request, WAIT)


def test_ctrl_c_cancels_an_invite() -> None:
    notes: list[str] = []
    outcome = send_interrupted(Ringing(TERMINATED), INVITE, notes)
    assert outcome.status == ExitStatus.INTERRUPTED
    assert notes == ["cancelling; the far end has to agree (Ctrl-C leaves at once)"]


def test_an_answer_that_crosses_the_cancel_is_still_told() -> None:
    notes: list[str] = []
    outcome = send_interrupted(
        Ringing(OK, "481 fifo_uac_cancel: no such transaction"), INVITE, notes
    )
    assert outcome.answer.is_success
    assert outcome.status == ExitStatus.INTERRUPTED


def test_ctrl_c_ends_everything_else() -> None:
    with pytest.raises(KeyboardInterrupt):
        send_interrupted(FakeSer(t_uac_dlg=OK), OPTIONS, [])


def test_a_cancel_that_fails_is_told() -> None:
    told = threading.Event()
    notes: list[str] = []

    def ring(*_: object) -> str:
        assert told.wait(WAIT)
        return TERMINATED

    def note(text: str) -> None:
        notes.append(text)
        if "481" in text:
            told.set()

    ser = FakeSer(t_uac_dlg=ring, t_uac_cancel="481 no such transaction\n")
    Sender(Askers(lambda: ser), note).send(INVITE, 0.01)
    assert notes[1:] == ["481 no such transaction"]


def test_a_far_end_that_ignores_the_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "AFTER_CANCEL_WAIT", 0.01)
    go = threading.Event()

    def ring(*_: object) -> str:
        assert go.wait(WAIT)
        return OK

    ser = FakeSer(t_uac_dlg=ring, t_uac_cancel="200 fifo_uac_cancel succeeded\n")
    with pytest.raises(NoReply, match="doesn't answer the CANCEL"):
        sender(ser).send(INVITE, 0.01)
    go.set()


def test_a_call_is_ended_with_a_bye() -> None:
    ser = FakeSer(t_uac_dlg=OK)
    sent = sender(ser)
    outcome = sent.send(INVITE, WAIT)
    assert sent.hang_up(INVITE, outcome.answer, WAIT).status == ExitStatus.OK
    command, method, uri, next_hop, headers, _body = ser.requests[-1]
    assert (command, method, uri, next_hop) == ("t_uac_dlg", "BYE", "sip:joe@10.0.0.9", ".")
    assert "CSeq: 2 BYE" in headers

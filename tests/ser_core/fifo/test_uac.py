from __future__ import annotations

import pytest

from ser_core.fifo import uac
from ser_core.fifo.protocol import BodyLines, HeaderLines, encode_request, parse_reply
from ser_core.sip.request_text import SipRequest

INVITE = SipRequest("INVITE", "sip:joe@a", (("From", "<sip:d@b>"), ("To", "<sip:joe@a>")))

ANSWERED = (
    b"200 OK\n"
    b"sip:joe@10.0.0.9:5062\n"
    b"sip:proxy@10.0.0.1;lr\n"
    b"Route: <sip:proxy@10.0.0.1;lr>, <sip:other@10.0.0.2;lr>\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"
    b"f: <sip:d@b>;tag=ours\r\n"
    b"To: <sip:joe@a>\r\n ;tag=theirs\r\n"
    b"Call-ID: x@y\r\n"
    b"CSeq: 10 INVITE\r\n"
    b"\r\n"
    b"v=0\r\n"
    b"\n"
)
BUSY = b"486 Busy Here\n.\n.\n.\nVia: SIP/2.0/UDP 10.0.0.1\r\nCSeq: 10 INVITE\r\n\r\n\n"


def answer(data: bytes) -> uac.Answer:
    return uac.read_answer(parse_reply(data))


def test_a_request_becomes_the_arguments_of_t_uac_dlg() -> None:
    request = SipRequest("MESSAGE", "sip:joe@a", INVITE.headers, ("hi", ""))
    assert uac.arguments(request) == (
        "MESSAGE",
        "sip:joe@a",
        ".",
        HeaderLines(["From: <sip:d@b>", "To: <sip:joe@a>"]),
        BodyLines(("hi", "")),
    )
    assert encode_request(uac.COMMAND, "r", uac.arguments(request)) == (
        b":t_uac_dlg:r\nMESSAGE\nsip:joe@a\n.\nFrom: <sip:d@b>\nTo: <sip:joe@a>\n.\nhi\n\n.\n\n"
    )


def test_an_answer_is_taken_apart() -> None:
    told = answer(ANSWERED)
    assert (told.code, told.reason, told.target) == (200, "OK", "sip:joe@10.0.0.9:5062")
    assert told.next_hop == "sip:proxy@10.0.0.1;lr"
    assert told.route == "Route: <sip:proxy@10.0.0.1;lr>, <sip:other@10.0.0.2;lr>"
    assert told.is_from_afar
    assert told.header("from") == "<sip:d@b>;tag=ours"
    assert told.header("to") == "<sip:joe@a> ;tag=theirs"
    assert told.header("x") is None
    assert told.body == "v=0\r\n"


def test_dots_stand_for_nothing() -> None:
    told = answer(BUSY)
    assert (told.target, told.next_hop, told.route) == ("", "", "")
    assert told.header("cseq") == "10 INVITE"


@pytest.mark.parametrize(
    "data", [b"408 Request Timeout\n", b"408 Request Timeout\n.\n.\n.\nCall-ID: x\r\nCSeq: 1 A\r\n"]
)
def test_what_ser_decides_itself_isnt_from_afar(data: bytes) -> None:
    assert not answer(data).is_from_afar


def test_a_request_that_ser_doesnt_understand() -> None:
    assert answer(b"400 fifo_uac_error: ruri invalid\n").is_not_sent
    assert answer(b"500 command 't_uac_dlg' not available\n").is_not_sent
    assert not answer(b"478 fifo_uac_error: Unresolvable destination\n").is_not_sent
    assert not answer(ANSWERED.replace(b"200", b"400", 1)).is_not_sent


def test_the_name_of_sers_function_isnt_worth_reading() -> None:
    told = answer(b"478 fifo_uac_error: Unresolvable destination (478/FIFO/UAC)\n")
    assert told.words == "Unresolvable destination (478/FIFO/UAC)"


def test_a_bye_goes_to_the_contact_by_the_route_of_the_dialog() -> None:
    assert uac.bye_after(INVITE, answer(ANSWERED)) == SipRequest(
        "BYE",
        "sip:joe@10.0.0.9:5062",
        (
            ("From", "<sip:d@b>;tag=ours"),
            ("To", "<sip:joe@a> ;tag=theirs"),
            ("Call-ID", "x@y"),
            ("CSeq", "11 BYE"),
            ("Route", "<sip:proxy@10.0.0.1;lr>, <sip:other@10.0.0.2;lr>"),
        ),
        next_hop="sip:proxy@10.0.0.1;lr",
    )


def test_without_a_contact_a_bye_goes_where_the_invite_went() -> None:
    bye = uac.bye_after(INVITE, answer(BUSY))
    assert (bye.uri, bye.next_hop) == ("sip:joe@a", "")

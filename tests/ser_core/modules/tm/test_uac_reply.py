"""What t_uac_dlg answers: reference ser-fifo 6.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.fifo.protocol import Reply, parse_reply
from ser_core.modules.tm.uac_reply import DialogReply, reply_of
from ser_core.proxy.uac_request import Sent
from ser_core.script.runtime import E_BAD_ADDRESS
from ser_core.sip.hop import Hop, Listener
from ser_core.sip.message import Response
from ser_core.sip.parser import parse_message

HEAD = (
    b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@example.com>;tag=1\r\n"
    b"To: <sip:b@example.com>;tag=2\r\nCall-ID: x\r\nCSeq: 10 OPTIONS\r\n"
)
CONTACT = b"Contact: <sip:b@192.0.2.9>\r\n"
LOOSE = b"Record-Route: <sip:p2;lr>, <sip:p1;lr>\r\n"
STRICT = b"Record-Route: <sip:p2;lr>\r\nRecord-Route: <sip:p1>\r\n"


def response(headers: bytes = b"", status: bytes = b"200 OK", body: bytes = b"") -> Response:
    made = parse_message(b"SIP/2.0 " + status + b"\r\n" + HEAD + headers + b"\r\n" + body)
    assert isinstance(made, Response)
    return made


def first_lines(made: Response) -> list[bytes]:
    """The dialog lines; checks what stands round them."""
    data = reply_of(made).to_bytes()
    status, *lines = data.split(b"\n", 4)
    assert status == b"%d %b" % (made.status, made.reason)
    assert lines.pop() == made.buffer[made.first_header_position :] + b"\n"
    return lines


@pytest.mark.parametrize(
    ("headers", "lines"),
    [
        (b"", [b".", b".", b"."]),
        (CONTACT, [b"sip:b@192.0.2.9", b"sip:b@192.0.2.9", b"."]),
        (
            CONTACT + LOOSE,
            [b"sip:b@192.0.2.9", b"sip:p1;lr", b"Route: <sip:p1;lr>, <sip:p2;lr>\r"],
        ),
        (
            CONTACT + STRICT,
            [b"sip:p1", b"sip:p1", b"Route: <sip:p1>, <sip:p2;lr>, <sip:b@192.0.2.9>\r"],
        ),
        (LOOSE, [b".", b"sip:p1;lr", b"Route: <sip:p1;lr>, <sip:p2;lr>\r"]),
    ],
)
def test_dialog_lines_of_a_success(headers: bytes, lines: list[bytes]) -> None:
    assert first_lines(response(headers)) == lines


@pytest.mark.parametrize("status", [b"299 x", b"302 Moved", b"404 Not Found", b"603 Decline"])
def test_others_have_dots(status: bytes) -> None:
    assert first_lines(response(CONTACT + LOOSE, status)) == [b"."] * 3


def test_298_is_still_a_success() -> None:
    assert first_lines(response(CONTACT, b"298 x"))[0] == b"sip:b@192.0.2.9"


def test_headers_and_body_are_shown_as_they_came() -> None:
    made = response(b"Subject: a\r\n b\r\nContent-Length: 5\r\n", body=b"a\n.\nb")
    assert reply_of(made).body.endswith(b"Subject: a\r\n b\r\nContent-Length: 5\r\n\r\na\n.\nb\n")


class TestEnds:
    def told(self, waiting: DialogReply) -> list[Reply]:
        told: list[Reply] = []
        waiting.pending.when_answered(told.append)
        return told

    def test_a_provisional_response_is_no_end(self) -> None:
        waiting = DialogReply()
        waiting.on_response(response(status=b"183 x"))
        assert self.told(waiting) == []

    @pytest.mark.parametrize(
        ("status", "text"),
        [
            (408, b"408 Request Timeout\n"),
            (487, b"487 Request Terminated\n"),
            (503, b"503 Service Unavailable\n"),
        ],
    )
    def test_without_a_response_there_is_a_line(self, status: int, text: bytes) -> None:
        waiting = DialogReply()
        waiting.on_no_response(status)
        assert self.told(waiting)[0].to_bytes() == text

    def test_what_could_not_be_sent_tells_why(self) -> None:
        waiting = DialogReply()
        waiting.on_ack_sent(E_BAD_ADDRESS)
        text = b"478 fifo_uac_error: Unresolvable destination (478/FIFO/UAC)\n"
        assert self.told(waiting)[0].to_bytes() == text

    def test_an_ack_has_no_response(self) -> None:
        waiting = DialogReply()
        listener = Listener("udp", "192.0.2.1", 5060)
        waiting.on_ack_sent(Sent(b"ACK", Hop("udp", "192.0.2.9", 5060, listener)))
        assert self.told(waiting)[0].to_bytes() == b"200 ACK sent\n.\n.\n.\n"


HOSTILE = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [b"<sip:a@b>\r\n 200 OK", b"*", b"<sip:a;x=\n>", b'"<sip:x>" <sip:a@b>', b"<sip:a>,<sip:b"]
    ),
)


@given(reason=st.binary(max_size=40), contact=HOSTILE, route=HOSTILE, body=st.binary(max_size=40))
def test_no_answer_can_break_the_reply(
    reason: bytes, contact: bytes, route: bytes, body: bytes
) -> None:
    headers = b"Contact: " + contact + b"\r\nRecord-Route: " + route + b"\r\n"
    try:
        made = response(headers, b"200 " + reason, body)
    except (ParseError, AssertionError):
        return
    reply = parse_reply(reply_of(made).to_bytes())
    assert reply.code == 200
    assert reply.text.encode("utf-8", "surrogateescape") == reason.rstrip(b"\r\n")
    lines = reply.body.split(b"\n", 3)
    assert lines[0] == b"." or b":" in lines[0]
    assert lines[1] == b"." or b":" in lines[1]
    assert lines[2] == b"." or (lines[2].startswith(b"Route: <") and lines[2].endswith(b">\r"))
    assert lines[3] == made.buffer[made.first_header_position :] + b"\n"

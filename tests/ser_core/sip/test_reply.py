"""Responses of our own: RFC 3261 §8.2.6."""

from __future__ import annotations

from ser_core.sip.message import Request, Response
from ser_core.sip.parser import parse_message
from ser_core.sip.reply import build_response
from tests.ser_core.sip.test_message import invite

WITH_ROUTE = b"Record-Route: <sip:192.0.2.5;lr>\r\nSubject"


def response(status: int, request: Request | None = None, **more: object) -> Response:
    data = build_response(
        request or invite(),
        status,
        b"Why Not",
        host="192.0.2.1",
        port=5061,
        **more,  # type: ignore[arg-type]
    )
    message = parse_message(data)
    assert isinstance(message, Response)
    return message


def test_it_copies_what_belongs_to_the_transaction() -> None:
    made = response(404, to_tag=b"t1")
    request = invite()
    assert (made.status, made.reason) == (404, b"Why Not")
    for name in (b"from", b"call-id", b"cseq"):
        assert made.headers(name) == request.headers(name)
    assert len(made.headers(b"via")) == 2
    assert made.header(b"content-length") == b"0"
    assert made.header(b"subject") is None


def test_topmost_via_gets_received_and_rport() -> None:
    via = response(200).via
    assert (via.rport, via.received) == (b"5061", b"192.0.2.1")


def test_to_tag_is_added_only_where_there_is_none() -> None:
    assert response(200, to_tag=b"t1").to_tag == b"t1"
    tagged = invite(invite().buffer.replace(b";x=1>", b";x=1>;tag=theirs"))
    assert response(200, tagged, to_tag=b"t1").to_tag == b"theirs"


def test_record_route_goes_into_180_to_299_only() -> None:
    request = invite(invite().buffer.replace(b"Subject", WITH_ROUTE))
    for status, there in ((100, False), (180, True), (200, True), (300, False), (404, False)):
        assert (response(status, request).header(b"record-route") is not None) is there


def test_headers_and_body_are_added() -> None:
    made = response(200, headers=[b"Contact: <sip:x>\r\n"], body=b"abc")
    assert made.header(b"contact") == b"<sip:x>"
    assert made.body == b"abc"

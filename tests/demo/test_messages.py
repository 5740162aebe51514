from __future__ import annotations

from demo.messages import Dialog, request, response
from ser_core.sip.message import Request, Response
from ser_core.sip.parser import parse_message

SENT_BY = "127.0.0.1:5062"


def invite() -> tuple[Dialog, Request]:
    dialog = Dialog("sip:bob@127.0.0.1", "<sip:alice@127.0.0.1>;tag=1", "<sip:bob@127.0.0.1>")
    message = parse_message(request("INVITE", dialog, SENT_BY, headers=("Contact: <sip:a@b>",)))
    assert isinstance(message, Request)
    return dialog, message


def test_a_request_has_what_rfc_3261_asks_for() -> None:
    dialog, message = invite()
    assert (message.method, message.cseq_number) == (b"INVITE", 1)
    assert message.uri == b"sip:bob@127.0.0.1"
    assert message.via.branch.startswith(b"z9hG4bK")
    assert message.header(b"max-forwards") == b"70"
    assert message.call_id.decode() == dialog.call_id


def test_ack_and_cancel_bear_the_number_of_the_invite_and_bye_the_next() -> None:
    dialog, _ = invite()
    numbers = [
        parse_message(request(method, dialog, SENT_BY)).cseq_number
        for method in ("CANCEL", "ACK", "BYE")
    ]
    assert numbers == [1, 1, 2]


def test_a_response_copies_what_it_must_and_has_a_tag() -> None:
    _, asked = invite()
    answer = parse_message(response(asked, 180, "Ringing"))
    assert isinstance(answer, Response)
    assert answer.status == 180
    assert answer.headers(b"via") == asked.headers(b"via")
    assert (answer.call_id, answer.cseq_number) == (asked.call_id, 1)
    assert answer.to_tag


def test_after_a_2xx_requests_go_to_the_contact_by_the_route() -> None:
    dialog, asked = invite()
    routes = ("Record-Route: <sip:p1;lr>", "Record-Route: <sip:p2;lr>", "Contact: <sip:bob@c:5070>")
    dialog.accept(parse_message(response(asked, 200, "OK", routes)))
    bye = parse_message(request("BYE", dialog, SENT_BY))
    assert isinstance(bye, Request)
    assert bye.uri == b"sip:bob@c:5070"
    assert bye.headers(b"route") == [b"<sip:p2;lr>", b"<sip:p1;lr>"]
    assert bye.to_tag

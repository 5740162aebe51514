"""Where the requests of a dialog go: RFC 3261 §12.1 and §12.2.1.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.dialog import Dialog, uac_dialog, uas_dialog
from ser_core.sip.message import Request, Response
from ser_core.sip.parser import parse_message

HEAD = (
    b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@example.com>;tag=1\r\n"
    b"To: <sip:b@example.com>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
)
CONTACT = b'Contact: "B" <sip:b@192.0.2.9;transport=tcp>;expires=60\r\n'


def response(headers: bytes) -> Response:
    made = parse_message(b"SIP/2.0 200 OK\r\n" + HEAD + headers + b"\r\n")
    assert isinstance(made, Response)
    return made


def test_without_routes_all_goes_to_the_contact() -> None:
    dialog = uac_dialog(response(CONTACT))
    assert dialog == Dialog(b"sip:b@192.0.2.9;transport=tcp", ())
    assert dialog.request_uri == dialog.next_hop == b"sip:b@192.0.2.9;transport=tcp"
    assert dialog.routes == ()


def test_the_callers_route_set_is_turned_round() -> None:
    routes = b"Record-Route: <sip:p3;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p1;lr=on>\r\n"
    dialog = uac_dialog(response(CONTACT + routes))
    assert dialog.route_set == (b"sip:p1;lr=on", b"sip:p2;lr", b"sip:p3;lr")
    assert dialog.request_uri == b"sip:b@192.0.2.9;transport=tcp"
    assert dialog.next_hop == b"sip:p1;lr=on"
    assert dialog.routes == dialog.route_set
    assert not dialog.is_strict


def test_the_callees_is_not() -> None:
    routes = b"Record-Route: <sip:p3;lr>, <sip:p2;lr>\r\n"
    request = parse_message(b"INVITE sip:b SIP/2.0\r\n" + HEAD + CONTACT + routes + b"\r\n")
    assert isinstance(request, Request)
    assert uas_dialog(request).route_set == (b"sip:p3;lr", b"sip:p2;lr")


def test_a_strict_router_takes_the_request_uri() -> None:
    dialog = uac_dialog(response(CONTACT + b"Record-Route: <sip:p2;lr>, <sip:p1>\r\n"))
    assert dialog.is_strict
    assert dialog.request_uri == dialog.next_hop == b"sip:p1"
    assert dialog.routes == (b"sip:p2;lr", b"sip:b@192.0.2.9;transport=tcp")


@pytest.mark.parametrize("contact", [b"", b"Contact: *\r\n", b"Contact: <\r\n", b"Contact: ,\r\n"])
def test_a_contact_that_cannot_be_read_is_none(contact: bytes) -> None:
    assert uac_dialog(response(contact)).remote_target == b""


def test_a_route_that_cannot_be_read_spoils_all() -> None:
    assert uac_dialog(response(b"Record-Route: <sip:p1;lr>, <\r\n")).route_set == ()


def test_a_router_whose_uri_cannot_be_read_counts_as_strict() -> None:
    assert uac_dialog(response(b"Record-Route: <sip:[;lr>\r\n")).is_strict


@given(contact=st.binary(max_size=60), route=st.binary(max_size=60))
def test_nothing_read_can_end_a_line(contact: bytes, route: bytes) -> None:
    try:
        made = response(b"Contact: " + contact + b"\r\nRecord-Route: " + route + b"\r\n")
    except ParseError:
        return
    dialog = uac_dialog(made)
    for uri in (dialog.remote_target, *dialog.route_set, *dialog.routes):
        assert not set(uri) & set(b"\r\n\0 <>")

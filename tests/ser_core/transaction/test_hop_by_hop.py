"""ACK and CANCEL built from the INVITE as it left: RFC 3261 §17.1.1.3 and §9.1."""

from __future__ import annotations

import pytest

from ser_core.errors import ParseError
from ser_core.sip.message import Request
from ser_core.sip.parser import parse_message
from ser_core.transaction.hop_by_hop import build_ack, build_cancel
from tests.ser_core.transaction.test_client import INVITE, response


def test_cancel_differs_from_the_invite_in_method_and_cseq_method_only() -> None:
    invite, cancel = parse_message(INVITE), parse_message(build_cancel(INVITE))
    assert isinstance(cancel, Request)
    assert isinstance(invite, Request)
    assert (cancel.method, cancel.uri) == (b"CANCEL", invite.uri)
    for name in (b"from", b"to", b"call-id", b"route", b"max-forwards"):
        assert cancel.headers(name) == invite.headers(name)
    assert cancel.headers(b"via") == invite.headers(b"via")[:1]
    assert (cancel.cseq_number, cancel.cseq_method) == (7, b"CANCEL")
    assert cancel.body == b""


def test_ack_takes_to_from_the_response() -> None:
    ack = parse_message(build_ack(INVITE, response(404)))
    assert ack.to_tag == b"2"
    assert ack.from_tag == b"1"
    assert ack.headers(b"via") == [b"SIP/2.0/UDP 192.0.2.100;branch=z9hG4bKours"]


def test_a_response_is_no_request_to_cancel() -> None:
    with pytest.raises(ParseError):
        build_cancel(response(200).buffer)

"""received and rport: RFC 3261 §18.2.1, RFC 3581 §4."""

from __future__ import annotations

import pytest

from ser_core.sip.message import Request
from ser_core.sip.parser import parse_message
from ser_core.sip.received import via_edits


def via_after(via: str, *, host: str = "192.0.2.1", force_rport: bool = False) -> str:
    """The topmost Via after a request with that Via came from `host`:5099."""
    data = (
        f"OPTIONS sip:x SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n"
        f"Call-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n"
    ).encode()
    request = parse_message(data)
    assert isinstance(request, Request)
    edited = parse_message(request.to_bytes(via_edits(request, host, 5099, force_rport)))
    return (edited.header(b"via") or b"").decode()


@pytest.mark.parametrize(
    ("via", "after"),
    [
        (
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1",
            "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP host.example;branch=z9hG4bK1",
            "SIP/2.0/UDP host.example;branch=z9hG4bK1;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1",
            "SIP/2.0/UDP 192.0.2.1;rport=5099;branch=z9hG4bK1;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport",
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport=5099;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 192.0.2.1;rport=1234;branch=z9hG4bK1",
            "SIP/2.0/UDP 192.0.2.1;rport=5099;branch=z9hG4bK1;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1;received=10.6.6.6;branch=z9hG4bK1",
            "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.1",
        ),
        (
            "SIP/2.0/UDP 192.0.2.1;received=10.6.6.6;branch=z9hG4bK1",
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK0",
            "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.1"
            ", SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK0",
        ),
    ],
)
def test_topmost_via(via: str, after: str) -> None:
    assert via_after(via) == after


def test_force_rport_adds_what_the_client_did_not_ask_for() -> None:
    after = via_after("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", force_rport=True)
    assert after == "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport=5099;received=192.0.2.1"


def test_ipv6_source_equals_its_bracketed_sent_by() -> None:
    via = "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1"
    assert via_after(via, host="2001:db8::1") == via

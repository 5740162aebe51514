"""Request validation: RFC 3261 §16.3."""

from __future__ import annotations

import pytest

from ser_core.errors import ParseError
from ser_core.proxy.validation import validate
from ser_core.sip.message import Request
from ser_core.sip.parser import parse_message
from tests.support.ladder import request


def validated(data: bytes) -> None:
    message = parse_message(data)
    assert isinstance(message, Request)
    validate(message)


def test_ordinary_requests_pass() -> None:
    validated(request())
    validated(request("ACK", to_tag="x"))
    validated(request(uri="tel:+1234"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SIP/2.0/UDP 192", b"SIP/2.0/UDP"),
        (b";tag=a1", b";tag=a1;tag=a2"),
        (b"<sip:bob@example.com>", b"<sip:bob@example.com"),
        (b"sip:bob@192.0.2.100 ", b"sip:bob@192.0.2.100?Route=x "),
        (b"sip:bob@192.0.2.100 ", b"sip:bob@192.0.2.100:99999 "),
        (b"Max-Forwards: 69", b"Max-Forwards: 256"),
        (b"Max-Forwards: 69", b"Max-Forwards: -1"),
        (b"Max-Forwards: 69", b"Max-Forwards: 6_9"),
    ],
)
def test_what_a_proxy_reads_must_be_readable(old: bytes, new: bytes) -> None:
    assert old in request()
    with pytest.raises(ParseError) as caught:
        validated(request().replace(old, new))
    assert caught.value.status == 400


def test_what_only_the_far_end_reads_passes() -> None:
    validated(request(headers="Contact: <<<\r\nDate: yesterday\r\nExpires: soon\r\n"))


def test_proxy_require_is_answered_420_with_what_is_not_supported() -> None:
    with pytest.raises(ParseError) as caught:
        validated(request(headers="Proxy-Require: foo, bar\r\n"))
    assert caught.value.status == 420
    assert caught.value.headers == [b"Unsupported: foo, bar\r\n"]


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_are_not_refused_for_an_extension(method: str) -> None:
    validated(request(method, headers="Proxy-Require: foo\r\n"))

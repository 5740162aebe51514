"""Requests that we make ourselves: RFC 3261 §8.1.1."""

from __future__ import annotations

import pytest

from ser_core.errors import ParseError
from ser_core.sip.hop import Listener
from ser_core.sip.message import Request
from ser_core.sip.names import CONTACT, MAX_FORWARDS, USER_AGENT
from ser_core.sip.parser import parse_message
from ser_core.sip.request import SIGNATURE, Draft, Header, build_request, read_headers

LISTENER = Listener("udp", "192.0.2.1", 5062)
DRAFT = Draft(
    b"MESSAGE",
    b"sip:joe@192.0.2.9",
    b"<sip:joe@192.0.2.9>",
    b"<sip:daemon@example.com>;tag=x",
    b"abc",
    10,
)


def built(draft: Draft = DRAFT, listener: Listener = LISTENER) -> bytes:
    return build_request(draft, listener, b"z9hG4bKb", SIGNATURE)


def test_headers_stand_in_sers_order() -> None:
    header = Header(CONTACT, b"Contact: <sip:d@!!>\r\n")
    assert built(DRAFT._replace(headers=(header,), body=b"hello")) == (
        b"MESSAGE sip:joe@192.0.2.9 SIP/2.0\r\n"
        b"Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKb\r\n"
        b"Max-Forwards: 70\r\n"
        b"To: <sip:joe@192.0.2.9>\r\n"
        b"From: <sip:daemon@example.com>;tag=x\r\n"
        b"CSeq: 10 MESSAGE\r\n"
        b"Call-ID: abc\r\n"
        b"Content-Length: 5\r\n" + SIGNATURE + b"Contact: <sip:d@192.0.2.1:5062>\r\n\r\nhello"
    )


def test_what_is_built_can_be_read() -> None:
    read = parse_message(built())
    assert isinstance(read, Request)
    assert read.body == b""


@pytest.mark.parametrize(
    ("listener", "address"),
    [
        (Listener("udp", "192.0.2.1", 5060), b"192.0.2.1:5060"),
        (Listener("udp", "2001:db8::1", 5060), b"[2001:db8::1]:5060"),
        (
            Listener("udp", "192.0.2.1", 5060, advertised_host="203.0.113.1", advertised_port=5080),
            b"203.0.113.1:5080",
        ),
    ],
)
def test_our_address_takes_the_place_of_exclamation_marks(
    listener: Listener, address: bytes
) -> None:
    header = Header(CONTACT, b"Contact: <sip:d@!!>\r\n")
    data = built(DRAFT._replace(headers=(header,)), listener)
    assert b"Contact: <sip:d@" + address + b">\r\n" in data


def test_headers_of_the_callers_take_the_place_of_ours() -> None:
    headers = (
        Header(USER_AGENT, b"User-Agent: mine\r\n"),
        Header(MAX_FORWARDS, b"Max-Forwards: 5\r\n"),
    )
    read = parse_message(built(DRAFT._replace(headers=headers)))
    assert read.headers(USER_AGENT) == [b"mine"]
    assert read.headers(MAX_FORWARDS) == [b"5"]


class TestReadHeaders:
    def test_a_header_has_a_canonical_name_and_its_line(self) -> None:
        first, second = read_headers(b"f : <sip:a@b>\r\nX-Odd: 1\r\n")
        assert first == (b"from", b"f : <sip:a@b>\r\n")
        assert first.value == b"<sip:a@b>"
        assert second.name == b"x-odd"

    def test_a_continued_line_belongs_to_its_header(self) -> None:
        (header,) = read_headers(b"Subject: a\r\n b\r\n\tc\r\n")
        assert header.line == b"Subject: a\r\n b\r\n\tc\r\n"

    def test_none_are_none(self) -> None:
        assert read_headers(b"") == []

    @pytest.mark.parametrize(
        "block",
        [
            b" a: b\r\n",
            b"no colon\r\n",
            b": no name\r\n",
            b"not a token: x\r\n",
            b"X: a\rEvil: b\r\n",
            b"X: a\nEvil: b\r\n",
            b"X: a\0b\r\n",
            b"X: a\r\n\r\nEvil: b\r\n",
        ],
    )
    def test_what_is_no_header_is_refused(self, block: bytes) -> None:
        with pytest.raises(ParseError):
            read_headers(block)

"""One datagram to one message, or one ParseError."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.message import Request, Response
from ser_core.sip.parser import MAX_FIELDS, parse_message
from tests.ser_core.sip.test_message import INVITE

RESPONSE = (
    b"SIP/2.0 180 Ringing now\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
    b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n"
)


def status_of(data: bytes) -> int:
    """The status that a ParseError carries."""
    with pytest.raises(ParseError) as caught:
        parse_message(data)
    return caught.value.status


def test_response_is_read() -> None:
    message = parse_message(RESPONSE)
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (180, b"Ringing now")


def test_folded_lines_belong_to_their_header() -> None:
    message = parse_message(INVITE)
    assert message.header(b"subject") == b"one,\r\n two"
    assert message.to_bytes() == INVITE


def test_lines_that_end_in_lf_are_read_and_get_crlf() -> None:
    message = parse_message(INVITE.replace(b"\r\n", b"\n"))
    assert message.header(b"call-id") == b"a84b4c76e66710"
    assert message.to_bytes() == INVITE


def test_a_body_keeps_its_line_feeds() -> None:
    data = INVITE.replace(b"\r\n", b"\n").replace(b"body", b"a\n\nb")
    assert parse_message(data).body == b"a\n\nb"


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\n\r"])
def test_other_line_ends_among_crlf_are_refused(line_end: bytes) -> None:
    assert status_of(INVITE.replace(b"Subject", b"X: 1" + line_end + b"Subject")) == 400


def test_blanks_before_the_colon_are_allowed() -> None:
    message = parse_message(INVITE.replace(b"Call-ID:", b"Call-ID \t :"))
    assert message.call_id == b"a84b4c76e66710"


def test_header_names_have_no_case() -> None:
    message = parse_message(INVITE.replace(b"Call-ID:", b"cALL-id:"))
    assert message.call_id == b"a84b4c76e66710"


def test_bytes_behind_the_body_are_discarded() -> None:
    assert parse_message(INVITE + b"rubbish").body == b"body"


def test_unknown_method_and_scheme_pass() -> None:
    data = INVITE.replace(b"INVITE", b"NEW.M3TH~D").replace(b" sip:bob@example.com ", b" xyz:a ")
    message = parse_message(data)
    assert isinstance(message, Request)
    assert message.uri == b"xyz:a"


@pytest.mark.parametrize("name", ["From", "To", "Call-ID", "CSeq", "Content-Length"])
def test_headers_that_stand_once_may_not_be_repeated(name: str) -> None:
    message = parse_message(INVITE)
    field = message.first(name.lower().encode())
    assert field is not None
    line = INVITE[field[1] : field[3]]
    assert status_of(INVITE.replace(line, line + line)) == 400
    folded = INVITE.replace(b"Content-Length", b"X-Folded: a\r\n b\r\nContent-Length")
    assert status_of(folded.replace(line, line + line)) == 400


def test_repeated_max_forwards_is_refused() -> None:
    twice = b"Max-Forwards: 70\r\nMax-Forwards: 1\r\nSubject"
    assert status_of(INVITE.replace(b"Subject", twice)) == 400


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_mandatory_headers(name: str) -> None:
    lines = INVITE.split(b"\r\n")
    kept = [
        line
        for line in lines
        if not line.lower().startswith(name.lower().encode() + b":")
        and not (name == "Via" and line.startswith(b"v:"))
    ]
    assert status_of(b"\r\n".join(kept)) == 400


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Content-Length: 4", b"Content-Length: 5"),
        (b"Content-Length: 4", b"Content-Length: -4"),
        (b"Content-Length: 4", b"Content-Length: +4"),
        (b"Content-Length: 4", b"Content-Length: 0_4"),
        (b"Content-Length: 4", b"Content-Length: " + b"4" * 5000),
        (b"Content-Length: 4", b"Content-Length: four"),
        (b"Content-Length: 4", b"Content-Length:"),
        (b"314159 INVITE", b"314159 BYE"),
        (b"314159 INVITE", b"2147483648 INVITE"),
        (b"314159 INVITE", b"-1 INVITE"),
        (b"314159 INVITE", b"1_0 INVITE"),
        (b"314159 INVITE", b"INVITE"),
        (b"Subject: one", b"Subject: o\rne"),
        (b"Subject: one", b"Subject: o\0ne"),
        (b"Subject: one", b"Subject one"),
        (b"Subject: one", b": one"),
        (b"Subject: one", b"Sub ject: one"),
        (b"INVITE sip:bob@example.com SIP", b"INVITE  sip:bob@example.com SIP"),
        (b"INVITE sip:bob@example.com SIP", b"INVITE <sip:bob@example.com> SIP"),
        (b"INVITE sip:bob@example.com SIP", b"INVITE sip:bob@exam ple.com SIP"),
        (b"INVITE sip:bob@example.com SIP/2.0", b"INVITE sip:bob@example.com SIP/2.0 "),
        (b"INVITE sip:bob@example.com SIP/2.0", b'IN"VITE sip:bob@example.com SIP/2.0'),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(old: bytes, new: bytes) -> None:
    assert old in INVITE
    assert status_of(INVITE.replace(old, new)) == 400


def test_other_versions_are_refused_with_505() -> None:
    assert status_of(INVITE.replace(b"com SIP/2.0\r\n", b"com SIP/7.0\r\n")) == 505


def test_refused_request_is_there_to_be_answered() -> None:
    with pytest.raises(ParseError) as caught:
        parse_message(INVITE.replace(b"Content-Length: 4", b"Content-Length: 5"))
    request = caught.value.message
    assert isinstance(request, Request)
    assert request.via.branch == b"z9hG4bK1"


@pytest.mark.parametrize("code", [b"99", b"700", b"4294967301", b"2O0", b"-20", b""])
def test_responses_with_bad_codes_are_refused(code: bytes) -> None:
    assert status_of(RESPONSE.replace(b"180", code)) == 400


def test_too_many_headers_are_refused() -> None:
    flood = b"X: y\r\n" * (MAX_FIELDS + 1)
    assert status_of(INVITE.replace(b"Subject", flood + b"Subject")) == 513


@pytest.mark.parametrize(
    "data",
    [b"", b"\r\n\r\n", b"\0\1\0\0", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"a b\r\n\r\n"],
)
def test_what_is_not_sip_is_a_parse_error(data: bytes) -> None:
    with pytest.raises(ParseError):
        parse_message(data)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_message_or_a_parse_error(data: bytes) -> None:
    try:
        message = parse_message(data)
    except ParseError:
        return
    assert message.to_bytes() == message.buffer


@given(st.integers(0, len(INVITE)), st.binary(max_size=6), st.integers(0, 6))
def test_any_mutation_gives_a_message_or_a_parse_error(at: int, new: bytes, cut: int) -> None:
    data = INVITE[:at] + new + INVITE[at + cut :]
    try:
        message = parse_message(data)
    except ParseError:
        return
    assert data.startswith(message.to_bytes())
    for name in ("via", "from_uri", "to_uri", "from_tag", "to_tag"):
        with contextlib.suppress(ParseError):
            getattr(message, name)

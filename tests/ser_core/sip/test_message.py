"""Messages: lazy reading, lossless editing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.message import Request
from ser_core.sip.parser import parse_message

INVITE = (
    b"INVITE sip:bob@example.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5061;branch=z9hG4bK1;rport\r\n"
    b"v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK0\r\n"
    b'From: "A ;tag=no" <sip:alice@example.com>;tag=88sja8x\r\n'
    b"To:\t<sip:bob@example.com;x=1>\r\n"
    b"Call-ID: a84b4c76e66710\r\n"
    b"CSeq: 314159 INVITE\r\n"
    b"Subject: one,\r\n two\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"body"
)


def invite(data: bytes = INVITE) -> Request:
    message = parse_message(data)
    assert isinstance(message, Request)
    return message


def test_reading_what_a_proxy_reads() -> None:
    message = invite()
    assert message.method == b"INVITE"
    assert message.uri == message.received_uri == b"sip:bob@example.com"
    assert message.via.branch == b"z9hG4bK1"
    assert message.from_tag == b"88sja8x"
    assert message.to_tag == b""
    assert message.from_uri == b"sip:alice@example.com"
    assert message.to_uri == b"sip:bob@example.com;x=1"
    assert message.call_id == b"a84b4c76e66710"
    assert (message.cseq_number, message.cseq_method) == (314159, b"INVITE")
    assert message.body == b"body"
    assert message.length == len(INVITE)


def test_headers_are_found_by_canonical_name_whatever_their_spelling() -> None:
    message = invite()
    assert len(message.headers(b"via")) == 2
    assert message.header(b"subject") == b"one,\r\n two"
    assert message.header(b"expires") is None
    assert message.first(b"contact") is None


def test_untouched_message_leaves_as_it_came() -> None:
    assert invite().to_bytes() == INVITE


def test_new_request_uri_changes_the_request_line_only() -> None:
    message = invite()
    message.uri = b"sip:bob@192.0.2.4:5070"
    assert message.to_bytes() == INVITE.replace(
        b"INVITE sip:bob@example.com", b"INVITE sip:bob@192.0.2.4:5070"
    )


def test_insertions_at_one_place_keep_their_order() -> None:
    message = invite()
    at = message.first_header_position
    message.insert(at, b"A: 1\r\n")
    message.insert(at, b"B: 2\r\n")
    assert message.to_bytes().startswith(
        b"INVITE sip:bob@example.com SIP/2.0\r\nA: 1\r\nB: 2\r\nVia:"
    )


def test_extra_edits_hold_for_one_copy() -> None:
    message = invite()
    at = message.first_header_position
    assert b"A: 1" in message.to_bytes([(at, at, b"A: 1\r\n")])
    assert message.to_bytes() == INVITE


def test_removed_header_is_gone_with_its_folded_lines() -> None:
    message = invite()
    field = message.first(b"subject")
    assert field is not None
    message.remove_field(field)
    assert message.to_bytes() == INVITE.replace(b"Subject: one,\r\n two\r\n", b"")


def test_appended_header_stands_last() -> None:
    message = invite()
    message.append_header(b"P-Hint: x\r\n")
    assert b"Content-Length: 4\r\nP-Hint: x\r\n\r\nbody" in message.to_bytes()


def test_edited_body_gets_the_right_content_length() -> None:
    message = invite()
    message.replace(message.body_start, message.length, b"another body")
    data = message.to_bytes()
    assert data.endswith(b"\r\n\r\nanother body")
    assert invite(data).header(b"content-length") == b"12"


def test_edited_body_without_content_length_gets_one() -> None:
    message = invite(INVITE.replace(b"Content-Length: 4\r\n", b""))
    message.replace(message.body_start, message.length, b"x")
    assert invite(message.to_bytes()).header(b"content-length") == b"1"


def test_edits_inside_a_removed_part_are_left_out() -> None:
    message = invite()
    field = message.first(b"subject")
    assert field is not None
    message.remove_field(field)
    message.replace(field[2], field[2] + 2, b"XX")
    assert invite(message.to_bytes()).header(b"subject") is None


def test_copy_has_edits_of_its_own() -> None:
    message = invite()
    message.append_header(b"A: 1\r\n")
    other = message.copy()
    other.append_header(b"B: 2\r\n")
    other.uri = b"sip:x@y"
    assert b"B: 2" not in message.to_bytes()
    assert b"A: 1\r\nB: 2\r\n" in other.to_bytes()
    assert message.uri == b"sip:bob@example.com"


def test_missing_to_uri_is_a_parse_error() -> None:
    message = invite(INVITE.replace(b"<sip:bob@example.com;x=1>", b"<>"))
    with pytest.raises(ParseError):
        _ = message.to_uri


@given(
    st.lists(
        st.sampled_from(
            [b"A: 1\r\n", b"Route: <sip:x;lr>\r\n", b"X-Long: " + b"y" * 300 + b"\r\n"]
        ),
        max_size=5,
    ),
    st.sets(st.integers(0, 8), max_size=4),
)
def test_edited_messages_parse_again(added: list[bytes], removed: set[int]) -> None:
    message = invite()
    mandatory = {b"from", b"to", b"call-id", b"cseq", b"via", b"content-length"}
    for index in removed:
        if index < len(message.fields) and message.fields[index][0] not in mandatory:
            message.remove_field(message.fields[index])
    for line in added:
        message.append_header(line)
    again = invite(message.to_bytes())
    assert again.call_id == message.call_id
    assert again.body == b"body"

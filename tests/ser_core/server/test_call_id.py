"""Finding the Call-ID without parsing: the same answer as the parser's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.server.call_id import find_call_id, owner_of
from ser_core.sip.parser import parse_message

HEAD = (
    b"INVITE sip:bob@example.org SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
    b"From: <sip:alice@example.org>;tag=1\r\n"
    b"To: <sip:bob@example.org>\r\n"
)
TAIL = b"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b"Call-ID: abc@host\r\n",
        b"call-id:abc@host\r\n",
        b"CALL-ID \t: \tabc@host \r\n",
        b"Call-ID: \r\n abc@host\r\n",
        b"Call-ID:\r\n\tabc@host\r\n",
        b"i: abc@host\r\n",
        b"I:abc@host\r\n",
        b"i \t:\r\n  abc@host\t\r\n",
        b"CaLl-Id: abc@host\r\n",
        b"Subject: x\r\n Call-ID: no\r\nCall-ID: abc@host\r\n",
        b"Subject: Call-ID: no\r\nCall-ID: abc@host\r\n",
        b"X-Call-ID: no\r\nCall-ID: abc@host\r\n",
        b"ii: no\r\ni: abc@host\r\n",
    ],
)
def test_every_spelling_is_found_as_the_parser_finds_it(line: bytes) -> None:
    data = HEAD + line + TAIL
    assert find_call_id(data) == b"abc@host"
    assert parse_message(data).call_id == b"abc@host"


def test_it_is_found_where_all_lines_end_in_lf() -> None:
    data = (HEAD + b"Call-ID: abc@host\r\n" + TAIL).replace(b"\r\n", b"\n")
    assert find_call_id(data) == b"abc@host"
    assert parse_message(data).call_id == b"abc@host"


def test_it_is_found_as_first_and_as_last_header() -> None:
    assert find_call_id(b"BYE sip:a SIP/2.0\r\nCall-ID: x\r\n" + TAIL) == b"x"
    assert find_call_id(b"BYE sip:a SIP/2.0\r\nA: b\r\nCall-ID: x\r\n\r\n") == b"x"


@pytest.mark.parametrize("gap", [b"\r\n", b"\n"])
def test_a_body_is_not_a_header(gap: bytes) -> None:
    body = b"Call-ID: body\r\n"
    assert find_call_id(HEAD + gap + body) == b""
    assert find_call_id(HEAD + b"i: head\r\n" + TAIL + body) == b"head"
    assert find_call_id(HEAD.replace(b"\r\n", b"\n") + gap + body + b"\r\n") == b""


def test_the_first_line_is_not_a_header() -> None:
    assert find_call_id(b"Call-ID: x\r\nVia: y\r\n\r\n") == b""


@pytest.mark.parametrize("data", [b"", b"\r\n", b"x", b"Call-ID:", b"\nCall-ID: ", b"\ni:"])
def test_rubbish_has_none(data: bytes) -> None:
    assert find_call_id(data) == b""


@given(st.binary())
def test_any_bytes_give_an_answer(data: bytes) -> None:
    assert isinstance(find_call_id(data), bytes)


LINES = st.sampled_from(
    [
        b"Call-ID: one",
        b"call-id : one",
        b"i:one",
        b"i: \r\n one",
        b"Subject: x\r\n i: y",
        b"Subject: \xff",
        b"Max-Forwards: 7",
        b"v: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKy",
        b"",
    ]
)


@given(st.lists(LINES, max_size=8), st.sampled_from([b"\r\n", b"\n"]), st.binary(max_size=40))
def test_it_agrees_with_the_parser_on_all_that_the_parser_accepts(
    lines: list[bytes], end: bytes, body: bytes
) -> None:
    data = HEAD + end.join([*lines, b"CSeq: 1 INVITE", b"", b""]) + body
    try:
        message = parse_message(data)
    except ParseError:
        return
    assert find_call_id(data) == message.call_id


def test_owners_are_spread_and_stay() -> None:
    owners = [owner_of(b"call-%d@host" % number, 4) for number in range(4000)]
    assert {owners.count(number) > 800 for number in range(4)} == {True}
    assert owner_of(b"abc", 4) == owner_of(b"abc", 4)
    assert owner_of(b"abc", 1) == 0

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.headers import (
    MAX_CSEQ,
    STAR,
    parse_contacts,
    parse_cseq,
    parse_q,
    parse_tokens,
    parse_uint,
)
from tests.support.sip_case import outcome


@pytest.mark.parametrize(
    ("value", "number"), [(b"0", 0), (b"70", 70), (b"0068", 68), (b"255", 255), (b"0" * 20, 0)]
)
def test_a_number_is_made_of_digits(value: bytes, number: int) -> None:
    assert parse_uint(value, 255) == number


@pytest.mark.parametrize(
    "value",
    [b"", b" 1", b"1 ", b"+1", b"-1", b"1_0", b"0x1", b"1.0", b"1e2", b"256", b"0" * 21,
     b"9" * 5000, "١".encode(), "²".encode(), b"1\0", b"1\n"],
)  # fmt: skip
def test_what_int_would_take_and_sip_does_not_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_uint(value, 255)
    assert caught.value.status == 400


@given(st.integers(0, 1 << 70), st.integers(0, 1 << 64))
def test_a_number_is_read_up_to_its_limit(number: int, limit: int) -> None:
    text = b"%d" % number
    if number <= limit and len(text) <= 20:
        assert parse_uint(text, limit) == number
    else:
        with pytest.raises(ParseError):
            parse_uint(text, limit)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"1 INVITE", (1, b"INVITE")),
        (b"0009\r\n  INVITE", (9, b"INVITE")),
        (b"2147483647\tACK", (MAX_CSEQ, b"ACK")),
        (b"00000000001 ACK", (1, b"ACK")),
        (b"1   BYE", (1, b"BYE")),
        (b"139122385 !interesting-Method0123456789_*+`.%indeed'~",
         (139122385, b"!interesting-Method0123456789_*+`.%indeed'~")),
    ],
)  # fmt: skip
def test_cseq_has_a_number_and_a_method(value: bytes, expected: tuple[int, bytes]) -> None:
    assert parse_cseq(value) == expected


@pytest.mark.parametrize(
    "value",
    [b"", b"1", b"INVITE", b"1INVITE", b"-1 INVITE", b"+1 INVITE", b"1_0 INVITE", b"1 INVITE x",
     b"1 IN/VITE", b"2147483648 INVITE", b"4294967296 INVITE", b"36893488147419103232 INVITE",
     b"9" * 5000 + b" INVITE", b"1\rINVITE", b"1\r\nINVITE", b"1 INVITE\0", b"1, 2 INVITE",
     "١ INVITE".encode()],
)  # fmt: skip
def test_what_is_no_cseq_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_cseq(value)
    assert caught.value.status == 400


def test_contacts_of_all_headers_make_one_list() -> None:
    contacts = parse_contacts(
        [b'"A, B" <sip:a@b>;expires=60, sip:c@d;q=0.5', b"<sip:e,f@g;x=y>;expires=0"]
    )
    assert isinstance(contacts, list)
    assert [contact.uri for contact in contacts] == [b"sip:a@b", b"sip:c@d", b"sip:e,f@g;x=y"]
    assert [contact.param(b"expires") for contact in contacts] == [b"60", None, b"0"]
    assert parse_contacts([]) == []


def test_a_star_stands_alone() -> None:
    assert parse_contacts([b"*"]) is STAR
    for values in ([b"*, <sip:a@b>"], [b"<sip:a@b>", b"*"], [b"*", b"*"]):
        with pytest.raises(ParseError, match="more than 1 contact"):
            parse_contacts(values)


@pytest.mark.parametrize("value", [b"", b"<sip:a@b>,", b"*;expires=0", b"sip:a@b?c=d", b"a"])
def test_what_is_no_contact_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError):
        parse_contacts([value])


@pytest.mark.parametrize(
    ("value", "q"),
    [(b"0", 0), (b"0.", 0), (b"0.7", 700), (b"0.75", 750), (b"0.001", 1), (b"1", 1000),
     (b"1.", 1000), (b"1.000", 1000)],
)  # fmt: skip
def test_q_is_read_in_thousandths(value: bytes, q: int) -> None:
    assert parse_q(value) == q


@pytest.mark.parametrize(
    "value",
    [b"", b".5", b"0.1234", b"1.1", b"1.001", b"2", b"-0.5", b"0,5", b"00.5", b"0.5 ", b"q"],
)
def test_what_is_no_q_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError):
        parse_q(value)


@given(st.integers(0, 1000))
def test_each_q_is_read_back(q: int) -> None:
    assert parse_q(b"%.3f" % (q / 1000)) == q


def test_tokens_of_all_headers_make_one_list() -> None:
    assert parse_tokens([b"100rel, timer", b" ", b"path\r\n ,gruu"]) == [
        b"100rel",
        b"timer",
        b"path",
        b"gruu",
    ]


@pytest.mark.parametrize("value", [b",", b"a,", b"a b", b"a;b", b'"a"', b"a\0"])
def test_what_is_no_token_list_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError):
        parse_tokens([value])


READERS: list[Callable[[bytes], object]] = [
    parse_cseq,
    parse_q,
    lambda text: parse_uint(text, 1 << 32),
    lambda text: parse_tokens([text]),
    lambda text: parse_contacts([text]),
]


@given(st.sampled_from(READERS), st.binary(max_size=40))
def test_any_bytes_give_a_value_or_a_parse_error(
    reader: Callable[[bytes], object], value: bytes
) -> None:
    found = outcome(reader, value)
    assert not isinstance(found, ParseError) or found.status == 400

from __future__ import annotations

import contextlib
import ipaddress
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip import abnf, params
from ser_core.sip.abnf import has_stray_nul, is_ipv6_reference, is_token, rule, without_lws
from ser_core.sip.address import parse_address, split_comma, uri_and_tag
from ser_core.sip.framer import StreamFramer, content_length
from ser_core.sip.headers import parse_contacts, parse_cseq, parse_q, parse_tokens, parse_uint
from ser_core.sip.names import canonical
from ser_core.sip.uri import equal, escape_user, parse_uri, unescape
from ser_core.sip.via import parse_via, split_first


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [
        ("TOKEN", b"a-.!%*_+`'~Z9", True),
        ("TOKEN", b"", False),
        ("TOKEN", b"a/b", False),
        ("TOKEN", "ü".encode(), False),
        ("SWS", b"", True),
        ("SWS", b" \t ", True),
        ("SWS", b" \r\n ", True),
        ("SWS", b"\n\t", True),
        ("SWS", b"\r\n", False),
        ("SWS", b"\r ", False),
        ("LWS", b"", False),
        ("LWS", b"\r\n ", True),
        ("LWS", b" \r\n \r\n\t", True),
        ("QUOTED_STRING", b'""', True),
        ("QUOTED_STRING", b'"a b"', True),
        ("QUOTED_STRING", rb'"a\"b\\"', True),
        ("QUOTED_STRING", b'"a\\\0b"', True),
        ("QUOTED_STRING", b'"a\r\n b"', True),
        ("QUOTED_STRING", '"ü"'.encode(), True),
        ("QUOTED_STRING", b'"a', False),
        ("QUOTED_STRING", rb'"a\"', False),
        ("QUOTED_STRING", b'"a"b"', False),
        ("QUOTED_STRING", b'"a\0b"', False),
        ("QUOTED_STRING", b'"a\rb"', False),
        ("QUOTED_STRING", b'"a\r\nb"', False),
        ("HOST", b"example.com", True),
        ("HOST", b"example.com.", True),
        ("HOST", b"sip_1.9example", True),
        ("HOST", b"192.0.2.1", True),
        ("HOST", b"[::1]", True),
        ("HOST", b"", False),
        ("HOST", b".", False),
        ("HOST", b"a..b", False),
        ("HOST", b"-a", False),
        ("HOST", b"a b", False),
        ("HOST", b"[::1", False),
        ("HOST", b"x" * 63, True),
        ("HOST", b"x" * 64, False),
        ("PORT", b"5060", True),
        ("PORT", b"505060", False),
        ("GENERIC_PARAM", b"lr", True),
        ("GENERIC_PARAM", b"a=b", True),
        ("GENERIC_PARAM", b"a = \r\n b", True),
        ("GENERIC_PARAM", b'a="b;c"', True),
        ("GENERIC_PARAM", b"a=", True),
        ("GENERIC_PARAM", b"=b", False),
        ("GENERIC_PARAM", b"a=b c", False),
        ("PARAMS", b"", True),
        ("PARAMS", b";a ; b=c;d", True),
        ("PARAMS", b";", False),
        ("PARAMS", b";a;;b", False),
        ("USER", b"alice", True),
        ("USER", b"#31#+1-2;x=y?/", True),
        ("USER", b"a%40b", True),
        ("USER", b"a%4", False),
        ("USER", b"a%zz", False),
        ("USER", b"a@b", False),
        ("USER", b"a:b", False),
        ("USER", b"a b", False),
    ],
)
def test_a_rule_fits_what_the_grammar_says(name: str, text: bytes, fits: bool) -> None:
    pattern = re.compile(getattr(abnf, name))
    assert bool(pattern.fullmatch(text)) is fits


def test_rules_are_put_together_by_name() -> None:
    assert rule(rb"{TOKEN} {SWS} = {SWS} ({TOKEN})").fullmatch(b"a \r\n = b")


@given(st.binary(max_size=40))
def test_is_token_agrees_with_the_pattern(text: bytes) -> None:
    assert is_token(text) is bool(re.fullmatch(abnf.TOKEN, text))


def test_without_lws_takes_out_all_blanks() -> None:
    assert without_lws(b" a \r\n\t: b ") == b"a:b"


# -- IPv6 ----------------------------------------------------------------------------------------


@given(st.ip_addresses(v=6), st.booleans())
def test_each_ipv6_address_is_a_reference(address: ipaddress.IPv6Address, long: bool) -> None:
    text = address.exploded if long else address.compressed
    assert is_ipv6_reference(f"[{text.upper()}]".encode())


@given(st.text("0123456789abcdefF:.", max_size=20))
def test_ipv6_references_are_what_python_takes_for_ipv6(text: str) -> None:
    try:
        ipaddress.IPv6Address(text)
        expected = True
    except ValueError:
        expected = False
    if ":::" not in text:  # tolerated before an IPv4 address, as the next test says
        assert is_ipv6_reference(f"[{text}]".encode()) is expected


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (b"[2001:db8::192.0.2.1]", True),
        (b"[2001:db8:::192.0.2.1]", True),
        (b"[:::192.0.2.1]", True),
        (b"[2001:db8:::10]", False),
        (b"[2001:db8::::192.0.2.1]", False),
        (b"[::192.0.2.256]", False),
        (b"[fe80::1%eth0]", False),
        (b"[]", False),
        (b"2001:db8::1", False),
    ],
)
def test_three_colons_are_tolerated_where_rfc_5118_wants_it(text: bytes, fits: bool) -> None:
    assert is_ipv6_reference(text) is fits


# -- NUL -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "stray"),
    [
        (b"Subject: x", False),
        (b"Subject: \0", True),
        (b"Subject: \\\0", True),
        (b'To: "a\\\0b" <sip:a@b>', False),
        (b'To: "a\0b" <sip:a@b>', True),
        (b'To: "a" \0<sip:a@b>', True),
        (b'To: "a\\"\0" <sip:a@b>', True),
        (b'To: "a\r\nSubject: \0"', True),
    ],
)
def test_nul_may_stand_behind_a_backslash_in_quotes_only(head: bytes, stray: bool) -> None:
    assert has_stray_nul(head) is stray


# -- nothing is slow -----------------------------------------------------------------------------

SEEDS = [
    b"a",
    b" ",
    b"\t \t",
    b"\r\n ",
    b" \n",
    b'"',
    b'\\"',
    b'"\\"',
    b';a="',
    b';a="\\"',
    b";",
    b"; ",
    b";a",
    b";a=b",
    b";a = b",
    b";a=b ",
    b",",
    b", ",
    b"a,",
    b"<",
    b"<>",
    b"a <",
    b"a ",
    b"a\r\n ",
    b"%41",
    b"%4",
    b":",
    b"::",
    b"a:",
    b"@",
    b"a@",
    b".",
    b"a.",
    b"1.",
    b"[",
    b"[:",
    b"-",
    b"?a=b&",
    b"0",
    b"/",
    b" / ",
    b"\0",
    b"\\\0",
    b"\nl:",
    b"\nl: 5\r\n",
    b"\nContent-Length",
    b"\r\n",
    b"\n",
]
PREFIXES = [
    b"",
    b"sip:",
    b"sip:a@b;",
    b"sip:[",
    b"tel:",
    b'"',
    b"<sip:a@b>",
    b"<sip:a@b>;x",
    b"a <sip:",
    b"SIP/2.0/UDP h",
    b"SIP/2.0/UDP h;a",
    b"SIP",
    b"1 ",
    b"INVITE sip:a SIP/2.0\r\nX: ",
]


def _framed(data: bytes) -> object:
    framer = StreamFramer()
    framer.feed(data)
    return framer.next_message()


READERS: list[Callable[[bytes], object]] = [
    parse_uri,
    lambda text: equal(parse_uri(text), parse_uri(text + b"%41")),
    unescape,
    escape_user,
    parse_address,
    split_comma,
    uri_and_tag,
    parse_via,
    split_first,
    parse_cseq,
    lambda text: parse_contacts([text]),
    lambda text: parse_tokens([text]),
    lambda text: parse_uint(text, 10),
    parse_q,
    canonical,
    params.pairs,
    lambda text: params.find(text, b"a"),
    params.unquote,
    has_stray_nul,
    is_ipv6_reference,
    content_length,
    _framed,
]


def _slow_readers(text: bytes, seconds: float) -> list[str]:
    slow = []
    for reader in READERS:
        begun = time.process_time()
        with contextlib.suppress(ParseError):
            reader(text)
        spent = time.process_time() - begun
        if spent > seconds:
            slow.append(f"{reader} took {spent:.2f} s for {text[:40]!r} …")
    return slow


# What fails at its last byte makes a pattern try everything else first.
@pytest.mark.parametrize("prefix", PREFIXES)
def test_no_input_makes_a_reader_slow(prefix: bytes) -> None:
    for seed in SEEDS:
        text = prefix + seed * (16384 // len(seed)) + b"\1"
        assert not _slow_readers(text, 0.15)


@pytest.mark.parametrize(
    "seed", [b" \n", b"a\r\n ", b'\\"', b';a="', b"; ", b";a = b", b"a,", b"%41"]
)
def test_64_kib_of_anything_are_read_in_no_time(seed: bytes) -> None:
    assert not _slow_readers(seed * (65536 // len(seed)), 0.5)
    assert not _slow_readers(b"<sip:a@b>" + seed * (65536 // len(seed)) + b"\1", 0.5)

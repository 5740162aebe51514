from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.sip.credentials import (
    MAX_LENGTH,
    MAX_PARAMS,
    Credentials,
    digest_params,
)
from ser_core.sip.digest import Algorithm, quoted
from tests.support.credentials import parse_credentials

# RFC 3261 §22.4 has this example, whose response is no hash; ours is one.
EXAMPLE = (
    b'Digest username="bob", realm="biloxi.com", '
    b'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="sip:bob@biloxi.com", qop=auth, '
    b'nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", '
    b'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)

MANDATORY = (
    b'username="bob"', b'realm="r"', b'nonce="n"', b'uri="sip:r"', b'response="' + b"0" * 32 + b'"',
)  # fmt: skip


def credentials(*params: bytes) -> bytes:
    """The value of a header with what must be there, and these parameters."""
    return b"Digest " + b", ".join((*MANDATORY, *params))


def test_all_parts_are_read() -> None:
    assert parse_credentials(EXAMPLE) == Credentials(
        b"bob",
        b"biloxi.com",
        b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
        b"sip:bob@biloxi.com",
        b"6629fae49393a05397450978507c4ef1",
        Algorithm.MD5,
        b"auth",
        b"00000001",
        b"0a4f113b",
    )


def test_the_count_is_a_hexadecimal_number() -> None:
    value = credentials(b"qop=auth", b"nc=000000fF", b'cnonce="c"')
    assert parse_credentials(value).nonce_number == 255


def test_without_qop_there_is_no_count_whatever_nc_says() -> None:
    read = parse_credentials(credentials(b"nc=00000007", b'cnonce="c"'))
    assert (read.qop, read.nonce_count, read.cnonce, read.nonce_number) == (b"", b"", b"", 0)


@pytest.mark.parametrize(
    ("username", "user", "domain"),
    [(b"bob", b"bob", b""), (b"bob@a.org", b"bob", b"a.org"), (b"bob@a@b", b"bob", b"a@b")],
)
def test_a_username_may_have_a_domain(username: bytes, user: bytes, domain: bytes) -> None:
    value = credentials().replace(b'"bob"', quoted(username))
    read = parse_credentials(value)
    assert (read.user, read.domain) == (user, domain)


@pytest.mark.parametrize(
    ("params", "algorithm"),
    [
        (b"algorithm=MD5", Algorithm.MD5),
        (b'algorithm="md5"', Algorithm.MD5),
        (b"Algorithm = MD5", Algorithm.MD5),
        (b"algorithm=MD5-sess", None),
        (b"algorithm=", Algorithm.MD5),
    ],
)
def test_the_algorithm_is_read_as_the_world_writes_it(
    params: bytes, algorithm: Algorithm | None
) -> None:
    assert parse_credentials(credentials(params)).algorithm is algorithm


def test_the_response_has_the_length_of_its_algorithm() -> None:
    with pytest.raises(ParseError, match="no hash"):
        parse_credentials(credentials(b"algorithm=SHA-256"))


def test_upper_case_hex_is_let_pass() -> None:
    value = credentials().replace(b"0" * 32, b"AB" * 16)
    assert parse_credentials(value).response == b"ab" * 16


def test_escapes_in_quoted_strings_are_undone() -> None:
    value = credentials().replace(b'"bob"', rb'"b\"o\\b"')
    assert parse_credentials(value).username == rb'b"o\b'


def test_blanks_and_folds_may_stand_between_the_parts() -> None:
    value = b'dIGEST\r\n username = "bob"\t,\r\n realm="r" , ' + b",".join(MANDATORY[2:])
    assert parse_credentials(value).username == b"bob"


def test_what_is_unknown_is_let_pass() -> None:
    assert parse_credentials(credentials(b'charset=UTF-8, x="a, b=c", userhash=false'))


@pytest.mark.parametrize("missing", range(5))
def test_what_must_be_there_must_be_there(missing: int) -> None:
    rest = b", ".join(x for place, x in enumerate(MANDATORY) if place != missing)
    with pytest.raises(ParseError, match="credentials without"):
        parse_credentials(b"Digest " + rest)


@pytest.mark.parametrize(
    "params",
    [
        b"qop=auth",
        b"qop=auth, nc=00000001",
        b'qop=auth, cnonce="c"',
        b'qop=auth, cnonce="c", nc=1',
        b'qop=auth, cnonce="c", nc=0000000g',
        b'qop=auth, cnonce="c", nc=000000001',
        b'qop=auth, cnonce="c", nc=+0000001',
    ],
)
def test_qop_wants_a_cnonce_and_a_count_of_eight_digits(params: bytes) -> None:
    with pytest.raises(ParseError):
        parse_credentials(credentials(params))


@pytest.mark.parametrize(
    "value",
    [
        b"Digest",
        b"Digest ",
        b"Digest ,",
        b"Digest username",
        b'Digest username="bob',
        b'Digest username="bob\\"',
        b'Digest username="a" realm="b"',
        b"Digest " + b", ".join(MANDATORY) + b",",
        b"Digest " + b", ".join(MANDATORY) + b" x",
        credentials(b'realm="another"'),
        credentials(b'REALM="r"'),
        credentials(b"=x"),
        credentials(b'x="\0"'),
        credentials(b"x=a\rb"),
        b"Basic Ym9iOnh5enp5",
    ],
)
def test_what_has_no_one_reading_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError):
        parse_credentials(value)


def test_another_scheme_is_none_of_our_business() -> None:
    assert digest_params(b"Basic Ym9iOnh5enp5") is None
    assert digest_params(b"NTLM realm=x") is None
    assert digest_params(b"") is None


def test_credentials_are_short() -> None:
    digest_params(credentials(b'x="' + b"a" * 1000 + b'"'))
    with pytest.raises(ParseError, match="too long"):
        digest_params(credentials(b'x="' + b"a" * MAX_LENGTH + b'"'))


def test_credentials_have_few_parameters() -> None:
    with pytest.raises(ParseError, match="too many"):
        digest_params(b"Digest " + b",".join(b"a%d=1" % x for x in range(MAX_PARAMS + 1)))


@given(st.binary(max_size=200))
def test_anything_is_read_or_refused(rubbish: bytes) -> None:
    for value in (rubbish, b"Digest " + rubbish, EXAMPLE + rubbish):
        with contextlib.suppress(ParseError):
            parse_credentials(value)


@given(st.lists(st.sampled_from([b"a", b"=", b'"', b",", b" ", b"\\", b"\r\n ", b"\t"])))
def test_any_order_of_delimiters_is_read_or_refused(parts: list[bytes]) -> None:
    with contextlib.suppress(ParseError):
        digest_params(b"Digest " + b"".join(parts))


@pytest.mark.parametrize(
    "filling", [b"\\", b'"', b",", b"a=", b'a="', b" \r\n", b"a,", b"=", b'="",', b"\t"]
)
def test_hostile_values_are_refused_in_no_time(filling: bytes) -> None:
    value = (b"Digest a=" + filling * MAX_LENGTH)[:MAX_LENGTH]
    start = time.process_time()
    for _ in range(20):
        with contextlib.suppress(ParseError):
            digest_params(value)
    assert time.process_time() - start < 0.5

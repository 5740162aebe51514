"""The vectors stand in RFC 2069 (with its erratum), RFC 2617 §3.5 and RFC 7616 §3.9."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.sip.digest import (
    Algorithm,
    algorithm_named,
    challenge_lines,
    ha1_of,
    is_hash,
    is_same,
    quoted,
    response_of,
)
from ser_core.sip.params import unquote
from tests.support.credentials import parse_credentials

MD5, SHA_256, SHA_512_256 = Algorithm.MD5, Algorithm.SHA_256, Algorithm.SHA_512_256


def test_rfc_2069_without_qop() -> None:
    ha1 = ha1_of(MD5, b"Mufasa", b"testrealm@host.com", b"CircleOfLife")
    nonce = b"dcd98b7102dd2f0e8b11d0f600bfb0c093"
    response = response_of(MD5, ha1, nonce, b"GET", b"/dir/index.html")
    assert response == b"1949323746fe6a43ef61f9606e7febea"


def test_rfc_2617_section_3_5() -> None:
    ha1 = ha1_of(MD5, b"Mufasa", b"testrealm@host.com", b"Circle Of Life")
    assert ha1 == b"939e7578ed9e3c518a452acee763bce9"
    response = response_of(
        MD5,
        ha1,
        b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
        b"GET",
        b"/dir/index.html",
        qop=b"auth",
        nonce_count=b"00000001",
        cnonce=b"0a4f113b",
    )
    assert response == b"6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        (MD5, b"8ca523f5e9506fed4657c9700eebdbec"),
        (SHA_256, b"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_section_3_9_1(algorithm: Algorithm, response: bytes) -> None:
    ha1 = ha1_of(algorithm, b"Mufasa", b"http-auth@example.org", b"Circle of Life")
    made = response_of(
        algorithm,
        ha1,
        b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        b"GET",
        b"/dir/index.html",
        qop=b"auth",
        nonce_count=b"00000001",
        cnonce=b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert made == response


def test_rfc_7616_section_3_9_2_with_its_erratum_4897() -> None:
    user = "Jäsøn Doe".encode()
    ha1 = ha1_of(SHA_512_256, user, b"api@example.org", b"Secret, or not?")
    response = response_of(
        SHA_512_256,
        ha1,
        b"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        b"GET",
        b"/doe.json",
        qop=b"auth",
        nonce_count=b"00000001",
        cnonce=b"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    )
    assert response == b"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"


@pytest.mark.parametrize("name", [b"md5", b"MD5", b"sha-256", b"SHA-512-256"])
def test_algorithms_are_known_in_any_case(name: bytes) -> None:
    found = algorithm_named(name)
    assert found is not None
    assert found.value.lower() == name.lower()


@pytest.mark.parametrize("name", [b"MD5-sess", b"SHA-256-sess", b"", b"SHA1", b"AKAv1-MD5"])
def test_algorithms_that_are_never_offered_are_not_known(name: bytes) -> None:
    assert algorithm_named(name) is None


def test_a_hash_is_hex_of_its_algorithms_length() -> None:
    assert is_hash(b"0" * 32, MD5)
    assert is_hash(b"f" * 64, SHA_256)
    for text in (b"", b"0" * 31, b"0" * 64, b"F" * 32, b"g" * 32):
        assert not is_hash(text, MD5)


def test_hashes_are_compared_whole() -> None:
    assert is_same(b"abc", b"abc")
    assert not is_same(b"abc", b"abd")
    assert not is_same(b"abc", b"ab")
    assert not is_same(b"\xff", b"")


def test_the_strongest_challenge_stands_first() -> None:
    lines = challenge_lines(b"WWW-Authenticate", b"example.org", b"N", [MD5, SHA_256])
    assert lines == [
        b'WWW-Authenticate: Digest realm="example.org", nonce="N", qop="auth", '
        b"algorithm=SHA-256\r\n",
        b'WWW-Authenticate: Digest realm="example.org", nonce="N", qop="auth", algorithm=MD5\r\n',
    ]


def test_a_challenge_may_be_stale_and_without_qop() -> None:
    lines = challenge_lines(b"Proxy-Authenticate", b"r", b"N", [MD5], qop=False, stale=True)
    assert lines == [
        b'Proxy-Authenticate: Digest realm="r", nonce="N", algorithm=MD5, stale=true\r\n'
    ]


@given(st.binary().map(lambda text: bytes(x for x in text if x not in b"\r\n\0")))
def test_what_is_quoted_says_the_same_when_it_is_unquoted(text: bytes) -> None:
    assert unquote(quoted(text)) == text


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1))
def test_a_realm_of_any_characters_comes_back_in_credentials(realm: str) -> None:
    value = b'Digest username="joe", realm=%b, nonce="n", uri="sip:x", response="%b"' % (
        quoted(realm.encode()),
        b"0" * 32,
    )
    assert parse_credentials(value).realm == realm.encode()

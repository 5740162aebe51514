from __future__ import annotations

import pytest

from ser_core.errors import ParseError
from ser_core.modules.auth.nonces import Nonces
from ser_core.modules.auth.presented import MAX_HEADERS, Presented, find_presented, is_for
from ser_core.sip.message import Field

NOW = 1_700_000_000_000
NONCES = Nonces(b"key", 300_000)
OURS = NONCES.make(b"example.org", b"", NOW, b"random")


def credentials(realm: bytes = b"example.org", nonce: bytes = OURS, user: bytes = b"joe") -> bytes:
    return b'Digest username="%b", realm="%b", nonce="%b", uri="sip:x", response="%b"' % (
        user, realm, nonce, b"0" * 32,
    )  # fmt: skip


def found(*values: bytes) -> Presented | None:
    fields: list[Field] = [(b"authorization", 0, 0, 0, value) for value in values]
    return find_presented(fields, b"example.org", NONCES, b"", NOW)


def user_of(presented: Presented | None) -> bytes:
    assert presented is not None
    return presented.credentials.username


def test_credentials_for_our_realm_are_found_among_others() -> None:
    presented = found(credentials(b"a"), b"Basic x", credentials(user=b"bob"), credentials(b"b"))
    assert user_of(presented) == b"bob"
    assert presented is not None
    assert presented.nonce is not None
    assert presented.header[4] == credentials(user=b"bob")


def test_there_may_be_none() -> None:
    assert found() is None
    assert found(b"Basic x") is None
    assert found(credentials(b"Example.org")) is None


def test_a_proxy_of_the_same_realm_has_other_nonces() -> None:
    presented = found(credentials(nonce=b"theirs", user=b"a"), credentials(user=b"b"))
    assert user_of(presented) == b"b"


def test_a_nonce_that_nobody_knows_is_told() -> None:
    presented = found(credentials(nonce=b"old", user=b"a"), credentials(nonce=b"older", user=b"b"))
    assert presented is not None
    assert presented.nonce is None
    assert user_of(presented) == b"a"


def test_unreadable_credentials_of_others_do_no_harm() -> None:
    assert user_of(found(b'Digest realm="x', credentials(), b'Digest realm="y')) == b"joe"


@pytest.mark.parametrize("value", [b"Digest x", b'Digest realm="example.org"'])
def test_unreadable_credentials_alone_are_an_error(value: bytes) -> None:
    with pytest.raises(ParseError):
        found(value)


def test_the_number_of_headers_is_limited() -> None:
    found(*[credentials(b"x")] * MAX_HEADERS)
    with pytest.raises(ParseError, match="too many"):
        found(*[credentials(b"x")] * (MAX_HEADERS + 1))


@pytest.mark.parametrize(
    ("uri", "request_uri"),
    [
        (b"sip:bob@example.org", b"sip:bob@example.org"),
        (b"sip:bob@Example.org;transport=tcp", b"sip:bob@example.org:5060"),
        (b"sip:example.org", b"sip:bob@example.org"),
        (b"sip:joe@example.org", b"sip:example.org"),
        (b"sips:b%6fb@example.org", b"sip:bob@example.org"),
        (b"tel:+1", b"tel:+1"),
    ],
)
def test_credentials_may_name_their_request_in_several_ways(uri: bytes, request_uri: bytes) -> None:
    assert is_for(uri, request_uri)


@pytest.mark.parametrize(
    ("uri", "request_uri"),
    [
        (b"sip:mallory@198.51.100.66", b"sip:+1900@example.org"),
        (b"sip:bob@example.org", b"sip:+1900@example.org"),
        (b"sip:example.com", b"sip:bob@example.org"),
        (b"tel:+1", b"tel:+2"),
        (b"tel:+1", b"sip:+1@example.org"),
        (b"rubbish", b"sip:bob@example.org"),
        (b"sip:Bob@example.org", b"sip:bob@example.org"),
    ],
)
def test_credentials_for_another_request_are_told(uri: bytes, request_uri: bytes) -> None:
    assert not is_for(uri, request_uri)

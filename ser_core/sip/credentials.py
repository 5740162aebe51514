"""The value of Authorization and Proxy-Authorization (RFC 3261 §20.7, §20.28, §25.1).

    Digest username="bob", realm="example.org", nonce="…", uri="sip:example.org", response="…"

What has two readings is an error: a parameter that stands twice, a quote that doesn't close. What
the world writes and has one reading is let pass: quotes round `algorithm`, `qop` and `nc`, none
round others, upper-case hex.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ser_core.errors import ParseError
from ser_core.sip.abnf import rule
from ser_core.sip.digest import Algorithm, algorithm_named, is_hash
from ser_core.sip.params import unquote

MAX_LENGTH: Final = 2048
"""Bytes of one header value; the longest seen in the wild have some 500."""
MAX_PARAMS: Final = 32

_SCHEME = rule(rb"({TOKEN}) {LWS}")
# auth-param = auth-param-name EQUAL ( token / quoted-string ). Behind an unquoted value stands a
# comma, a blank, or the end.
_PARAM = rule(
    rb"""
    ({TOKEN}) {SWS} = {SWS} ( {QUOTED_STRING} | [^\x00-\x20\x7f",]*+ ) {SWS} (,{SWS}|\Z)
    """
)
_HEX_DIGITS: Final = frozenset(b"0123456789abcdefABCDEF")


class Credentials(msgspec.Struct, frozen=True, gc=False):
    """Digest credentials; values without their quotes."""

    username: bytes
    realm: bytes
    nonce: bytes
    uri: bytes
    response: bytes
    """Lower-case."""
    algorithm: Algorithm | None
    """None: one that we don't know."""
    qop: bytes
    """Lower-case; empty without one (RFC 2069)."""
    nonce_count: bytes
    """As written; empty without qop."""
    cnonce: bytes

    @property
    def nonce_number(self) -> int:
        """How many times the phone says it has used the nonce; 0 without qop."""
        return int(self.nonce_count, 16) if self.nonce_count else 0

    @property
    def user(self) -> bytes:
        """The user part of the username: what stands before the first "@"."""
        return self.username.partition(b"@")[0]

    @property
    def domain(self) -> bytes:
        """What stands behind the first "@" of the username, or nothing."""
        return self.username.partition(b"@")[2]


def credentials_of(params: Mapping[bytes, bytes]) -> Credentials:
    """Credentials with these parameters, as `digest_params` gives them. Raises ParseError."""
    missing = [name for name in _REQUIRED if not params.get(name)]
    if missing:
        raise ParseError(f"credentials without {missing[0].decode()}")
    qop = params.get(b"qop", b"").lower()
    nonce_count, cnonce = params.get(b"nc", b""), params.get(b"cnonce", b"")
    if not qop:
        nonce_count = cnonce = b""  # RFC 2069: they mean nothing, and protect nothing
    elif not cnonce:
        raise ParseError("credentials with qop and without cnonce")
    elif len(nonce_count) != 8 or not _HEX_DIGITS.issuperset(nonce_count):
        raise ParseError("nc of credentials is not made of eight hex digits")
    algorithm = algorithm_named(params.get(b"algorithm") or b"MD5")
    response = params[b"response"].lower()
    if algorithm is not None and not is_hash(response, algorithm):
        raise ParseError("the response of credentials is no hash of their algorithm")
    return Credentials(
        params[b"username"],
        params[b"realm"],
        params[b"nonce"],
        params[b"uri"],
        response,
        algorithm,
        qop,
        nonce_count,
        cnonce,
    )


_REQUIRED: Final = (b"username", b"realm", b"nonce", b"uri", b"response")


def digest_params(value: bytes) -> dict[bytes, bytes] | None:
    """All parameters of Digest credentials by their lower-case names, without quotes.

    None for another scheme, which is none of our business. Raises ParseError.
    """
    scheme = _SCHEME.match(value)
    if scheme is None or scheme[1].lower() != b"digest":
        return None
    if len(value) > MAX_LENGTH:
        raise ParseError("credentials are too long")
    params: dict[bytes, bytes] = {}
    position = scheme.end()
    comma = b","
    while comma:
        found = _PARAM.match(value, position)
        if found is None:
            raise ParseError("credentials can't be read")
        name = found[1].lower()
        if name in params:
            raise ParseError("a parameter of credentials stands twice")
        if len(params) == MAX_PARAMS:
            raise ParseError("credentials have too many parameters")
        params[name] = unquote(found[2])
        comma = found[3]
        position = found.end()
    return params

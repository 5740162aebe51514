"""The arithmetic of digest authentication (RFC 7616 §3.4, RFC 8760; RFC 3261 §22.4).

Without qop it is that of RFC 2069, which RFC 3261 §22.4 still asks servers to understand. All
hashes are lower-case hex in bytes, as they go over the wire.
"""

from __future__ import annotations

import enum
import hmac
from collections.abc import Callable, Sequence
from hashlib import md5, new, sha256
from typing import Final

QOP_AUTH: Final = b"auth"
"""The one quality of protection that we offer: method and URI are protected, not the body."""


class Algorithm(enum.Enum):
    """What a digest is made with; the value is its name in `algorithm=` (IANA registry)."""

    MD5 = b"MD5"
    SHA_256 = b"SHA-256"
    SHA_512_256 = b"SHA-512-256"

    @property
    def hex_length(self) -> int:
        """Digits of one of its hashes."""
        return 32 if self is Algorithm.MD5 else 64

    @property
    def strength(self) -> int:
        """The higher, the stronger; RFC 8760 §2.4 wants the strongest challenge first."""
        return _STRENGTH[self]


def _md5(text: bytes) -> bytes:
    return md5(text, usedforsecurity=False).hexdigest().encode()


def _sha_256(text: bytes) -> bytes:
    return sha256(text).hexdigest().encode()


def _sha_512_256(text: bytes) -> bytes:
    return new("sha512_256", text).hexdigest().encode()


_STRENGTH: Final = {Algorithm.MD5: 0, Algorithm.SHA_256: 1, Algorithm.SHA_512_256: 2}
_HASHES: Final[dict[Algorithm, Callable[[bytes], bytes]]] = {
    Algorithm.MD5: _md5,
    Algorithm.SHA_256: _sha_256,
    Algorithm.SHA_512_256: _sha_512_256,
}
_BY_NAME: Final = {algorithm.value.lower(): algorithm for algorithm in Algorithm}
_HEX: Final = frozenset(b"0123456789abcdef")


def algorithm_named(name: bytes) -> Algorithm | None:
    """The algorithm of that name in any case; None for one we don't know, as the -sess ones."""
    return _BY_NAME.get(name.lower())


def is_hash(text: bytes, algorithm: Algorithm) -> bool:
    """True when `text` can be a hash of that algorithm: hex of its length, in lower case."""
    return len(text) == algorithm.hex_length and _HEX.issuperset(text)


def ha1_of(algorithm: Algorithm, username: bytes, realm: bytes, password: bytes) -> bytes:
    """H(username ":" realm ":" password), which stands for the password (§3.4.2)."""
    return _HASHES[algorithm](b"%b:%b:%b" % (username, realm, password))


def response_of(
    algorithm: Algorithm,
    ha1: bytes,
    nonce: bytes,
    method: bytes,
    uri: bytes,
    *,
    qop: bytes = b"",
    nonce_count: bytes = b"",
    cnonce: bytes = b"",
) -> bytes:
    """What credentials with this HA1 must have as `response` (§3.4.1); `uri` is that in them.

    An empty `qop` is the way of RFC 2069. All values are those behind the quotes.
    """
    hashed = _HASHES[algorithm]
    ha2 = hashed(b"%b:%b" % (method, uri))
    if not qop:
        return hashed(b"%b:%b:%b" % (ha1, nonce, ha2))
    return hashed(b"%b:%b:%b:%b:%b:%b" % (ha1, nonce, nonce_count, cnonce, qop, ha2))


def is_same(one: bytes, other: bytes) -> bool:
    """Compare in a time that tells nothing about where they differ."""
    return hmac.compare_digest(one, other)


def quoted(text: bytes) -> bytes:
    """`text` as a quoted-string (RFC 3261 §25.1). It must not hold CR, LF or NUL."""
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def challenge_lines(
    name: bytes,
    realm: bytes,
    nonce: bytes,
    algorithms: Sequence[Algorithm],
    *,
    qop: bool = True,
    stale: bool = False,
) -> list[bytes]:
    """One header line per algorithm, the strongest first (RFC 8760 §2.4).

    `name` is WWW-Authenticate or Proxy-Authenticate. `stale` says that only the nonce was wrong.
    """
    lines = []
    for algorithm in sorted(algorithms, key=lambda x: x.strength, reverse=True):
        line = b'%b: Digest realm=%b, nonce="%b"' % (name, quoted(realm), nonce)
        if qop:
            line += b', qop="auth"'
        line += b", algorithm=" + algorithm.value
        lines.append(line + (b", stale=true\r\n" if stale else b"\r\n"))
    return lines

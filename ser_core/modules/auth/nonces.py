"""Nonces of our challenges (RFC 7616 §3.3): made so that every receiver knows them again.

    base64url( time in ms, 6 bytes | random, 6 bytes | HMAC-SHA-256, its first 18 bytes )

The HMAC is keyed with a secret of this ser, and covers the time and the random bytes, the realm and
the IP address that the challenge went to. So a nonce can't be made up, can't be carried to another
realm, and, when it was overheard, can't be used from elsewhere (§5.5). It isn't bound to the port:
a NAT may give a phone another one at any time. A phone whose address changes gets `stale=true` and
tries again, without asking anybody for a password.

It isn't bound to the method either. The response is (method and URI are hashed into it), and a
phone may go on with the nonce of its REGISTER when it calls.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec

from ser_core.sip.digest import is_same

RANDOM_SIZE: Final = 6
"""Random bytes that `make` wants; no two challenges of one millisecond shall share them."""
TEXT_LENGTH: Final = 40
_TIME_SIZE: Final = 6
_ID_SIZE: Final = _TIME_SIZE + RANDOM_SIZE
_MAC_SIZE: Final = 18
CLOCK_SKEW: Final = 5_000
"""Milliseconds that a nonce may come from the future: another machine with the same secret."""


class Nonce(msgspec.Struct, frozen=True, gc=False):
    """One that we made, and that is young enough."""

    id: bytes
    """Its time and random bytes; sorts by the time."""
    made_at: int
    """Milliseconds of the clock that nonces go by."""


class Nonces:
    """Makes nonces and knows them again."""

    __slots__ = ("_keyed", "_lifetime")

    def __init__(self, key: bytes, lifetime: int) -> None:
        """`lifetime`: milliseconds. All processes have the same key."""
        self._keyed = hmac.new(key, digestmod="sha256")
        self._lifetime = lifetime

    def make(self, realm: bytes, source: bytes, now: int, random: bytes) -> bytes:
        """A nonce for this realm and this source; empty: for any. `now`: milliseconds."""
        identity = now.to_bytes(_TIME_SIZE) + random
        return urlsafe_b64encode(identity + self._mac(identity, realm, source))

    def read(self, text: bytes, realm: bytes, source: bytes, now: int) -> Nonce | None:
        """The nonce, when it is ours, for this realm and source, and hasn't expired."""
        if len(text) != TEXT_LENGTH:
            return None
        try:
            binary = urlsafe_b64decode(text)
        except ValueError:
            return None
        identity = binary[:_ID_SIZE]
        if not is_same(binary[_ID_SIZE:], self._mac(identity, realm, source)):
            return None
        made_at = int.from_bytes(identity[:_TIME_SIZE])
        if not now - self._lifetime <= made_at <= now + CLOCK_SKEW:
            return None
        return Nonce(identity, made_at)

    def _mac(self, identity: bytes, realm: bytes, source: bytes) -> bytes:
        # Neither realm nor source can hold a NUL, so this is unambiguous.
        mac = self._keyed.copy()  # hmac.digest would let other threads run; that takes longer
        mac.update(b"%b%b\0%b" % (identity, realm, source))
        return mac.digest()[:_MAC_SIZE]

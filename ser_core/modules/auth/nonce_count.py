"""The rules by which a nonce may be used more than once (RFC 7616 §3.4, `nc`): no I/O, no clock.

A phone counts up with each request. They may overtake each other, so a count that is lower than the
highest is good, too, as long as it is new and not far behind. What came before is a replay, unless
it is the very same request, byte for byte, and comes while its sender may still repeat it: over UDP
that is what a client transaction does until an answer gets through (RFC 3261 §17.1.2.2), and a
REGISTER is answered without a transaction.

Without qop there is no count: such a nonce is good for one request.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

WINDOW: Final = 64
"""Counts below the highest that may still come in."""
REPETITIONS: Final = 8
"""Requests per nonce whose repetition is recognised."""
REGISTER_TIME: Final = 32_000
"""Milliseconds after which no client transaction repeats a request: Timer F, 64 * T1. A REGISTER is
answered without a transaction, and one with the CSeq of its binding changes nothing."""
REPETITION_TIME: Final = 5_000
"""The same for all others. So long (wt_timer) a transaction absorbs repetitions; later one would be
relayed a second time. One that was answered statelessly is challenged again afterwards."""
NEVER: Final = -1
"""Over TCP nobody repeats a request, and no transaction stays to absorb one (Timer J is 0)."""
_ALL: Final = (1 << WINDOW) - 1
_USED_UP: Final = 1 << 33
"""The highest count of a nonce that was used without one; nc has 32 bits."""


class Outcome(enum.Enum):
    """What the use of a nonce turned out to be."""

    GOOD = "good"
    REPEATED = "repeated"
    """The same request again, within the time of repetitions."""
    REPLAYED = "replayed"
    """Used before, for another request or by another user."""
    OLD = "old"
    """Made before the table began to remember; nobody can say whether it was used."""


class Recent(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A request that used the nonce."""

    count: int
    request: bytes
    """A hash of all its bytes."""
    at: int
    """Milliseconds of the clock that nonces go by."""


class Uses(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How a nonce has been used."""

    user: bytes
    """A hash of the username: whoever was the first to use it rightly."""
    highest: int
    window: int
    """Bit n stands for the count `highest - n`."""
    recent: list[Recent]
    """The last ones, newest first."""


class Use(msgspec.Struct, frozen=True, gc=False):
    """Somebody wants to use a nonce."""

    user: bytes
    """A hash of the username."""
    count: int
    """0 for credentials without qop."""
    request: bytes
    """A hash of all its bytes."""
    now: int
    """Milliseconds of the clock that nonces go by."""
    repetition_time: int = REGISTER_TIME
    """Milliseconds that the request may be repeated."""


def repetition_time(method: bytes, *, over_tcp: bool) -> int:
    """Milliseconds that a request may be repeated; below 0: it may not."""
    if over_tcp:
        return NEVER
    return REGISTER_TIME if method == b"REGISTER" else REPETITION_TIME


def judge(uses: Uses | None, new: Use) -> tuple[Outcome, Uses | None]:
    """Whether the nonce may be used so; and what is to be remembered when that is new."""
    user, count, now = new.user, new.count, new.now
    this = Recent(count, new.request, now)
    if uses is None:
        if count:
            return Outcome.GOOD, Uses(user, count, 1, [this])
        return Outcome.GOOD, Uses(user, _USED_UP, _ALL, [this])
    if user != uses.user:
        return Outcome.REPLAYED, None
    for recent in uses.recent:
        if recent.count == count and recent.request == new.request:
            in_time = now - recent.at <= new.repetition_time
            return (Outcome.REPEATED if in_time else Outcome.REPLAYED), None
    ahead = count - uses.highest
    if ahead > 0:
        highest = count
        window = (uses.window << ahead & _ALL | 1) if ahead < WINDOW else 1
    elif not count or -ahead >= WINDOW or uses.window >> -ahead & 1:
        return Outcome.REPLAYED, None
    else:
        highest = uses.highest
        window = uses.window | 1 << -ahead
    return Outcome.GOOD, Uses(user, highest, window, [this, *uses.recent[: REPETITIONS - 1]])

"""Which algorithms a challenge offers (RFC 8760 §2.4), and which credentials may have.

Two things keep us from offering SHA-256 to everybody. A subscriber who has a hash for MD5 only
would be locked out by a phone that takes the strongest. And some user agents fail on a challenge
with two algorithms, instead of leaving out the one that they don't know; they are told by their
User-Agent. Seen: libre 1.1 of baresip 1.0 gives up with "Function not implemented"; chan_sip of
Asterisk looks at the first challenge only.
"""

from __future__ import annotations

from typing import Final

from ser_core.modules.auth.arguments import algorithms_named
from ser_core.script.posix import compile_test
from ser_core.sip.digest import Algorithm

ONLY_MD5: Final = r"^(baresip v[0-2]\.|Asterisk PBX)"
"""User agents of which it is known."""
_BOTH: Final = (Algorithm.SHA_256, Algorithm.MD5)


class Offer:
    """Made of the parameters; learns from auth_db what the subscribers have."""

    def __init__(self, algorithms: str = "", md5_only: str = ONLY_MD5) -> None:
        """`algorithms` is a list, or empty: what all subscribers can use. Raises ValueError."""
        self.depends_on_subscribers = not algorithms.strip()
        """True when somebody should call `tell_of_sha_256`."""
        fixed = () if self.depends_on_subscribers else algorithms_named(algorithms)
        self._fixed = fixed
        self.accepted: tuple[Algorithm, ...] = fixed or _BOTH
        """Those that credentials may have: a phone that has begun with one may go on with it."""
        try:
            self._is_md5_only = compile_test(md5_only) if md5_only else None
        except ValueError as error:
            raise ValueError(f"md5_only: {error}") from None
        self._have_sha_256: dict[str, bool] = {}

    def learn_from(self, other: Offer) -> None:
        """Take over what another one has been told."""
        self._have_sha_256 = dict(other._have_sha_256)

    def tell_of_sha_256(self, table: str, everybody: bool) -> None:
        """Whether everybody in a table of subscribers has a hash for SHA-256."""
        self._have_sha_256[table] = everybody

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        """What is offered to most, the strongest first."""
        if self._fixed:
            return self._fixed
        if self._have_sha_256 and all(self._have_sha_256.values()):
            return _BOTH
        return (Algorithm.MD5,)

    def algorithms_for(self, user_agent: bytes) -> tuple[Algorithm, ...]:
        """What is offered to somebody with this User-Agent."""
        offered = self.algorithms
        if len(offered) == 1 or Algorithm.MD5 not in offered or self._is_md5_only is None:
            return offered
        return (Algorithm.MD5,) if self._is_md5_only(user_agent) else offered

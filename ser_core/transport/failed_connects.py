"""Peers to whom connecting has failed a short while ago.

Whoever has the choice (a large request, RFC 3261 §18.1.1) needn't wait for the same failure again.
"""

from __future__ import annotations

from collections.abc import Callable

from ser_core.sip.hop import Hop

MEMORY = 30.0
"""Seconds that a peer counts as not to be connected to."""
PEERS_REMEMBERED = 1024

Peer = tuple[str, str, int]
"""Transport, host and port."""


class FailedConnects:
    """Remembers when it failed, within bounds."""

    __slots__ = ("_at", "_clock")

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` is monotonic, in seconds."""
        self._clock = clock
        self._at: dict[Peer, float] = {}

    def __len__(self) -> int:
        return len(self._at)

    def note(self, hop: Hop) -> None:
        """It has failed."""
        if len(self._at) >= PEERS_REMEMBERED:
            self._at.clear()
        self._at[hop.transport, hop.host, hop.port] = self._clock()

    def forget(self, hop: Hop) -> None:
        """It has succeeded."""
        self._at.pop((hop.transport, hop.host, hop.port), None)

    def is_recent(self, hop: Hop) -> bool:
        """True when it has failed less than MEMORY seconds ago, and not succeeded since."""
        failed_at = self._at.get((hop.transport, hop.host, hop.port))
        return failed_at is not None and self._clock() - failed_at < MEMORY

"""How a receiver that takes a dead one's place learns which TCP connections the others hold.

A request may have to leave on a connection that another receiver accepted. Who doesn't know of it
would open another one, which a phone behind a NAT never sees. So nothing is read from the network,
and nothing that others hand on is dealt with, before all others have told what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gevent.event import Event

from ser_core.sip.hop import Hop

DEADLINE = 0.5
"""Seconds that the others may take; one that hangs must not keep its neighbour from working."""


class Acquaintance:
    """The others that haven't told all yet, and what waits for them."""

    def __init__(self, others: Iterable[int], deal_with: Callable[[bytes, Hop], None]) -> None:
        """`deal_with` takes the bytes of a message and where it came from."""
        self._missing = set(others)
        self._deal_with = deal_with
        self._waiting: list[tuple[bytes, Hop]] | None = []
        self._complete = Event()
        self._look()

    def told_all(self, process: int) -> None:
        """That process has told all its connections, or has none any more since it died."""
        self._missing.discard(process)
        self._look()

    def holds_back(self, data: bytes, source: Hop) -> bool:
        """Keep a message that came too early; False when it needn't wait."""
        if self._waiting is None:
            return False
        self._waiting.append((data, source))
        return True

    def wait(self, deadline: float = DEADLINE) -> bool:
        """Let the hub run until all have told, then deal with what waited.

        False when some didn't within `deadline` seconds.
        """
        complete = self._complete.wait(deadline)
        waiting, self._waiting = self._waiting or [], None
        for data, source in waiting:
            self._deal_with(data, source)
        return bool(complete)

    def _look(self) -> None:
        if not self._missing:
            self._complete.set()

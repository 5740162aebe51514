"""Replies that could not be sent at once: a greenlet for each, and not without end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent

MAX_REPLIES = 1000
MAX_BYTES = 256 << 20
"""In all those replies; one alone may have any number."""
FAREWELL_TIME = 0.35
"""Seconds that replies have left when the process ends; the one to `kill` is among them."""


class WaitingReplies:
    """The greenlets."""

    def __init__(self) -> None:
        # Any: greenlets are generic in types-gevent only
        self._sizes: dict[Any, int] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, size: int, deliver: Callable[[], object]) -> bool:
        """Have a reply of `size` bytes delivered; False when there is no room for it.

        GreenletExit comes out of whatever `deliver` waits for when it takes too long at the end.
        """
        if len(self._sizes) >= MAX_REPLIES or (self._sizes and self._bytes + size > MAX_BYTES):
            return False
        greenlet = gevent.spawn(deliver)
        self._sizes[greenlet] = size
        self._bytes += size
        greenlet.rawlink(self._end)
        return True

    def _end(self, greenlet: Any) -> None:
        self._bytes -= self._sizes.pop(greenlet)

    def close(self) -> None:
        """Let go of what isn't delivered within FAREWELL_TIME."""
        gevent.joinall(list(self._sizes), timeout=FAREWELL_TIME)
        gevent.killall(list(self._sizes))

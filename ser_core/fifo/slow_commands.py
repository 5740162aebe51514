"""Greenlets of slow commands: few work at once, and not without end.

Each may hold the whole location table as text. Measured with 30,000 registrations: 40 clients that
asked for ul_dump at once made 620 MB of it.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.lock import BoundedSemaphore

AT_ONCE = 2
MAX_COMMANDS = 100
"""Those that wait for their turn among them."""


class SlowCommands:
    """The greenlets."""

    def __init__(self) -> None:
        self._turns = BoundedSemaphore(AT_ONCE)
        self._number = 0

    def spawn(self, work: Callable[[], None]) -> bool:
        """Have `work` done in its turn; False when too much waits already."""
        if self._number >= MAX_COMMANDS:
            return False
        self._number += 1
        gevent.spawn(self._do, work)
        return True

    def _do(self, work: Callable[[], None]) -> None:
        try:
            with self._turns:
                work()
        finally:
            self._number -= 1

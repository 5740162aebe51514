"""Writing back: all that is marked, from time to time, in a greenlet beside everything else.

With db_mode 2 that is all the writing there is; with db_mode 1 it is for what could not be written
through. One process does it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import gevent

from ser_core import log

if TYPE_CHECKING:
    from ser_core.modules.usrloc.keeping import Keeping

TICK: Final = 1.0
"""Seconds between two calls of `tick`."""
HOPE: Final = 300.0
"""Seconds after which what the database refused is offered to it again."""


class WriteBack:
    """Decides when to write, and does it."""

    def __init__(
        self,
        keeping: Keeping,
        interval: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`interval`: seconds that a change may stay unwritten; 0: what is older than a tick is
        written, since somebody else sees to the rest."""
        self._keeping = keeping
        self.interval = interval
        self._clock = clock
        self._began_at = float("-inf")  # what is marked already may be as old as can be
        self._took = 0.0
        self._has_failed = False
        self._hopeful_at = clock()
        self._seen = 0
        """The last change at the tick before."""
        self._writer: gevent.Greenlet[[int | None], None] | None = None

    def tick(self) -> int:
        """Once a second: write when it's time; how many records are unwritten now."""
        unwritten = self._keeping.persistence.unwritten()
        if unwritten and self._writer is None and self.is_due():
            self._writer = gevent.spawn(self._work, self._seen if not self.interval else None)
        self._seen = self._keeping.location.last_change()
        return unwritten

    def is_due(self) -> bool:
        """Whether something could become too old before the next tick."""
        if self._has_failed or not self.interval:
            return True
        return self._clock() + TICK + self._took >= self._began_at + self.interval

    def _work(self, until: int | None) -> None:
        persistence = self._keeping.persistence
        self._began_at = self._clock()
        if self._began_at - self._hopeful_at >= HOPE:
            self._hopeful_at = self._began_at
            persistence.try_all_again()
        self._has_failed = True
        try:
            self._has_failed = not all(map(self._keeping.write, persistence.batches(until)))
        except Exception:  # noqa: BLE001  guard: nobody else waits here who could be told
            log.exception("usrloc: registrations could not be written")
        finally:
            self._took = self._clock() - self._began_at
            self._writer = None

    def stop(self) -> None:
        """Write no more; what is marked stays so."""
        if self._writer is not None:
            self._writer.kill(block=False)
            self._writer = None

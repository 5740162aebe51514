"""Writing through: whoever has changed a record waits until it is written, all in few transactions.

While one transaction is under way, what comes in is collected for the next one. So the busier it
gets, the more share the price of a commit, and with one registration at a time nobody waits for
company.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import gevent
from gevent.event import Event

from ser_core import log
from ser_core.database.waiting import TooLate, Wait, Waiting
from ser_core.registrar.persistence import BATCH, Key

WAIT_SECONDS: Final = 1.8
"""After which whoever waits goes on; the mark stays. No answer shall come later than after 2 s."""


class _Batch:
    """Records that are written together, and those who wait for it."""

    __slots__ = ("keys", "waits")

    def __init__(self) -> None:
        self.keys: dict[Key, None] = {}
        self.waits: list[Wait[bool]] = []

    def is_done(self) -> None:
        """Tell who waits; from the hub."""
        for wait in self.waits:
            wait.take(True)


class GroupCommit:
    """Collects what is to be written, and has it written."""

    def __init__(self, write: Callable[[Sequence[Key]], object]) -> None:
        """`write` waits until these are written, or can't be."""
        self._write = write
        self._batches: deque[_Batch] = deque()
        self._waiting = Waiting()
        self._is_there_work = Event()
        self._writer: gevent.Greenlet[[], None] | None = None

    def wait(self, key: Key, seconds: float = WAIT_SECONDS) -> bool:
        """Return once the record has been written or can't be; False when it takes too long."""
        if not self._batches or len(self._batches[-1].keys) >= BATCH:
            self._batches.append(_Batch())
            self._is_there_work.set()
        batch = self._batches[-1]
        batch.keys[key] = None
        if self._writer is None or self._writer.dead:
            self._writer = gevent.spawn(self._work)
        wait = self._waiting.begin(seconds)
        batch.waits.append(wait)
        try:
            return bool(wait.get())
        except TooLate:
            return False
        finally:
            self._waiting.end(wait)

    def _work(self) -> None:
        """One greenlet for good: to make one costs as much as to write a record."""
        tell = gevent.get_hub().loop.run_callback
        while True:
            self._is_there_work.wait()
            self._is_there_work.clear()
            while self._batches:
                batch = self._batches.popleft()
                try:
                    self._write(list(batch.keys))
                except Exception:  # noqa: BLE001  guard: the next ones must not wait in vain
                    log.exception("usrloc: registrations could not be written")
                finally:
                    tell(batch.is_done)

"""Writes rows behind the calls' back: a bounded queue, and a greenlet that empties it in batches.

Who puts a row in never waits. While the database is away rows are kept; above the bound they go to
the log, as do those that the database refuses, so that each stands somewhere. After a commit of
which nobody knows how it ended, rows are looked for before they are written again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count, islice, takewhile
from typing import TYPE_CHECKING, Protocol

import gevent
from gevent.event import Event

from ser_core import log
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.modules.acc.leftovers import give_up
from ser_core.modules.acc.rows import Row, Tables
from ser_core.modules.acc.spill import Spill

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ser_core.modules.api import Counter

BATCH = 200
"""Rows in one transaction."""
TIMEOUT = 5.0
"""Seconds for one; nobody waits for it."""
RETRY_SECONDS = 1.0


class Database(Protocol):
    """What `ser_core.database.worker.Database` does for us."""

    def run(
        self, work: Callable[[Connection], None], *, timeout: float = 2.0, writes: bool = False
    ) -> None: ...


class Counters(Protocol):
    """What is counted."""

    written: Counter
    waiting: Counter
    lost: Counter


class Writer:
    """One per process; survives a reload."""

    def __init__(
        self, database: Callable[[], Database], counters: Counters, limit: int, spill: Spill
    ) -> None:
        """`database` is asked for when the first row is written."""
        self._database = database
        self._counters = counters
        self.limit = limit
        self._spill = spill
        self._rows: deque[tuple[Tables, Row]] = deque()
        self._greenlet: gevent.Greenlet[[], None] | None = None
        self._retry = Event()
        self._is_away = False
        self._batch = BATCH
        self._doubtful = 0
        """So many of the first rows may have been written: a commit broke off, or nobody knows."""

    def put(self, tables: Tables, row: Row) -> None:
        """Have a row written; never waits."""
        if len(self._rows) >= self.limit:
            log.limited("acc-full", log.ERROR, "acc: %d records wait, no more fit", self.limit)
            self._give_up(row)
            return
        if self._is_away:
            self._spill.add([row])
        self._wait_with(tables, row)

    def adopt(self, tables: Tables) -> int:
        """Go on with what processes had that were killed; how many rows."""
        rows = self._spill.adopt()
        for row in rows:
            self._wait_with(tables, row)
        self._doubtful += len(rows)
        return len(rows)

    def _wait_with(self, tables: Tables, row: Row) -> None:
        self._rows.append((tables, row))
        self._counters.waiting.add()
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._write_all)

    def flush(self, seconds: float, *, is_end: bool = True) -> None:
        """Write what waits, for so long at most. The rest goes to a file for the errand at the end
        of all processes; or to the log, when there is none or the end is that of a script."""
        if gevent.getcurrent() is gevent.get_hub():  # which can't wait
            gevent.spawn(self.flush, seconds, is_end=False)
            return
        greenlet = self._greenlet
        if greenlet is not None:
            self._retry.set()
            greenlet.join(seconds)
            greenlet.kill()
        left = [row for _, row in self._rows]
        self._take_off(len(left))
        if left and is_end and self._spill.replace(left):
            return
        self._spill.clear()
        for row in left:
            self._give_up(row)

    def _write_all(self) -> None:
        try:
            while self._rows:
                if not self._write_some():
                    self._retry.wait(RETRY_SECONDS)
                    self._retry.clear()
            self._spill.clear()
        finally:
            self._greenlet = None

    def _write_some(self) -> bool:
        """Write a batch of one script's rows; False when the database is away."""
        tables = self._rows[0][0]
        first = islice(self._rows, self._batch)
        batch = [row for _, row in takewhile(lambda each: each[0] is tables, first)]
        again, self._doubtful = self._doubtful > 0, max(self._doubtful, len(batch))
        try:
            self._write(tables, batch, again=again)
        except DatabaseDown as error:
            self._away(error)
            return False
        except DatabaseError as error:
            # One of them is refused, or all are; smaller batches find out which.
            self._batch = len(batch) // 2 or 1
            if len(batch) == 1:
                self._refused(batch[0], error)
        else:
            self._batch = min(2 * self._batch, BATCH)
            self._done(len(batch))
        return True

    def _write(self, tables: Tables, batch: list[Row], *, again: bool) -> None:
        tries = count()

        def work(connection: Connection) -> None:  # done again when its connection is found dead
            tables.insert(connection, batch, again=next(tries) > 0 or again)

        try:
            self._database().run(work, timeout=TIMEOUT, writes=True)
        except DatabaseError:
            raise
        except Exception as error:  # guard: a mistake of the driver's must not end the writing
            log.exception("acc: writing failed")
            raise DatabaseError(f"{type(error).__name__}: {error}") from error

    def _refused(self, row: Row, error: DatabaseError) -> None:
        plain = row.in_ascii()
        if plain != row:  # the table may be of an old SER, in latin1
            self._rows[0] = (self._rows[0][0], plain)
            return
        log.limited("acc-refused", log.ERROR, "acc: table %s: %s", row.table, error)
        self._take_off(1)
        self._give_up(row)

    def _take_off(self, number: int) -> None:
        for _ in range(number):
            self._rows.popleft()
        self._doubtful = max(0, self._doubtful - number)
        self._counters.waiting.add(-number)

    def _done(self, number: int) -> None:
        self._take_off(number)
        self._counters.written.add(number)
        if self._is_away:
            self._is_away = False
            log.notice("acc: the database takes records again")

    def _away(self, error: DatabaseDown) -> None:
        if not self._is_away:
            self._is_away = True
            self._spill.replace([row for _, row in self._rows])
            log.error("acc: records wait for the database: %s", error)

    def _give_up(self, row: Row) -> None:
        self._counters.lost.add()
        give_up(row)

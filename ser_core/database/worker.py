"""A database for one process with a hub: greenlets wait, native threads talk to the server.

Nothing here blocks the hub, and no greenlet waits longer than it asked to. While the database is
known to be down nobody waits at all; a greenlet of its own looks each second whether it is back.

gevent's own thread pool isn't used: it has no bound on what waits for it, and its threads can't be
left behind when a driver hangs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import gevent
from sqlalchemy import Connection, text

from ser_core import log
from ser_core.database import schema
from ser_core.database.counters import DatabaseCounters
from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.database.jobs import Job, PlainJob
from ser_core.database.straight import Kept, Plain
from ser_core.database.threads import Threads
from ser_core.database.url import DatabaseUrl
from ser_core.database.waiting import TooLate, Wait, Waiting

T = TypeVar("T")

QUEUE: Final = 1000
"""Pieces of work under way or queued; more are refused at once."""
SUSPICION_SECONDS: Final = 0.4
"""Who has waited that long has it looked whether the database lives at all."""
PROBE_SECONDS: Final = 1.0
"""What it may take to answer that."""
RETRY_SECONDS: Final = 1.0
"""Between two looks while it is down."""


class Database:
    """One database, as all modules of this process share it. To be made behind the fork."""

    def __init__(
        self,
        url: DatabaseUrl,
        counters: DatabaseCounters,
        *,
        threads: int = 4,
        queue: int = QUEUE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing connects yet. ValueError when the driver isn't installed."""
        self.url = url
        self._counters = counters
        self._engine = make_engine(url, pool_size=threads + 1)
        self._kept = Kept(self._engine)
        self._threads = Threads("database", threads, at_end=self._kept.give_back)
        self._probe_thread = Threads("database-probe", 1)
        self._queue = queue
        self._clock = clock
        self._loop = gevent.get_hub().loop
        self._waiting = Waiting(SUSPICION_SECONDS, self._suspect)
        """Whoever waits, and looks whether it lives."""
        self._queued = 0
        self._is_prepared = False
        self._why_down: str | None = None
        self._down_since = 0.0
        self._watcher: gevent.Greenlet[[], None] | None = None
        self._is_closed = False

    @property
    def is_up(self) -> bool:
        """False from the moment it was found out to be down until it is back."""
        return self._why_down is None

    def run(
        self, work: Callable[[Connection], T], *, timeout: float = 2.0, writes: bool = False
    ) -> T:
        """Let `work` use a connection, inside one transaction, and commit it; wait for the result.

        `work` runs in a native thread: it must not touch the hub or anything that greenlets change.
        It may run again when all it did was undone (a connection found dead, a deadlock). `writes`
        says that it will write: on SQLite, its reads then can't be overtaken. The tables are made
        or upgraded before the first work.

        Raises DatabaseDown: at once while it is down or too many wait, else after `timeout` seconds
        at the latest; SchemaError, DatabaseError, and whatever `work` raises.
        """
        return self._counted(Job(work, writes=writes), timeout)

    def run_plain(
        self, work: Callable[[Plain], T], *, timeout: float = 2.0, writes: bool = False
    ) -> T:
        """`run`, by the short way, for what each request asks.

        Work that only reads has no transaction: what it reads with one statement may have changed
        when it comes to the next.
        """
        return self._counted(PlainJob(work, self._kept, writes=writes), timeout)

    def close(self) -> None:
        """End: whoever waits gets DatabaseDown, connections are closed, threads end."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._watcher is not None:
            self._watcher.kill(block=False)
        if not self.is_up:
            self._counters.down.add(-1)
        self._waiting.fail_all(lambda: DatabaseDown("ser stops"))
        self._waiting.close()
        for threads in (self._threads, self._probe_thread):
            threads.stop(self._engine.pool.dispose)  # what the others still have stays theirs

    # -- waiting ---------------------------------------------------------------------------------

    def _counted(self, job: Job[T], timeout: float) -> T:
        self._counters.queries.add()
        try:
            return self._run(job, timeout)
        except DatabaseError:
            self._counters.failures.add()
            raise

    def _run(self, job: Job[T], timeout: float) -> T:
        if self._why_down is not None:
            raise DatabaseDown(f"{self.url} is down: {self._why_down}")
        if self._is_closed:
            raise DatabaseDown(f"{self.url} is closed")
        if self._queued >= self._queue:
            raise DatabaseDown(f"{self._queued} wait for {self.url} already")
        self._queued += 1
        self._counters.waiting.add()
        try:
            return self._wait(job, self._threads, timeout)
        except DatabaseDown as error:
            self._suspect()
            raise DatabaseDown(f"{self.url}: {error}") from error
        finally:
            self._queued -= 1
            self._counters.waiting.add(-1)

    def _wait(self, job: Job[T], threads: Threads, timeout: float) -> T:
        """The result. Raises DatabaseDown; a gevent.Timeout of the caller's own goes through."""
        wait = self._waiting.begin(timeout)
        try:
            threads.start(partial(self._work, job, wait))
            value: T = wait.get()
        except TooLate:
            raise DatabaseDown(f"no answer in {timeout:g} s") from None
        finally:
            self._waiting.end(wait)
            job.abandon()  # if its thread is still at it, it is torn off
        return value

    # -- in a native thread ------------------------------------------------------------------------

    def _work(self, job: Job[T], wait: Wait[T]) -> None:
        if job.is_abandoned:
            return
        try:
            if not self._is_prepared:
                schema.prepare(self._engine)
                self._is_prepared = True
            if not isinstance(job, PlainJob):
                self._kept.give_back()  # no thread has two
            value = job.carry_out(self._engine)
        except BaseException as error:  # noqa: BLE001  # it belongs to whoever waits
            self._loop.run_callback_threadsafe(wait.fail, error)
        else:
            self._loop.run_callback_threadsafe(wait.take, value)

    # -- up and down -------------------------------------------------------------------------------

    def _suspect(self) -> None:
        """Something is amiss: find out whether it is down."""
        if self._watcher is None and not self._is_closed:
            self._watcher = gevent.spawn(self._watch)

    def _watch(self) -> None:
        try:
            while (why := self._probe()) is not None:
                if self.is_up:
                    self._go_down(why)
                gevent.sleep(RETRY_SECONDS)
            if not self.is_up:
                self._come_up()
        finally:
            self._watcher = None

    def _probe(self) -> str | None:
        """Why it is down; None when it lives. Has a thread of its own: the others may all hang."""
        try:
            self._wait(Job(_nothing), self._probe_thread, PROBE_SECONDS)
        except DatabaseDown as error:
            return str(error)
        except Exception as error:  # noqa: BLE001  # the guard of a look: it answers, so it lives
            log.limited("database-probe", log.ERROR, "database %s: %s", self.url, error)
        return None

    def _go_down(self, why: str) -> None:
        self._why_down = why
        self._down_since = self._clock()
        self._counters.down.add()
        log.error("database %s is down: %s; tried again each second", self.url, why)
        self._waiting.fail_all(lambda: DatabaseDown(why))

    def _come_up(self) -> None:
        self._why_down = None
        self._counters.down.add(-1)
        seconds = self._clock() - self._down_since
        log.notice("database %s is up again after %.0f s", self.url, seconds)


def _nothing(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))

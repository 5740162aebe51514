"""One piece of work on a connection, as a native thread carries it out.

The one rule: whoever waits may give up at any time (`abandon`). Then the thread gets its connection
torn off and is free again, whatever the server does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from ser_core.database.engine import WRITES, interrupt, watch
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.database.failures import is_locked, is_lost, translated
from ser_core.database.straight import Kept, Plain

T = TypeVar("T")
Work = Callable[[Connection], T]

TRIES = 3
"""Of work that was undone by no fault of its own: a connection found dead, a deadlock."""
NOBODY = "nobody waits for it any more"


class Job(Generic[T]):
    """A piece of work; `carry_out` in a thread, `abandon` in any other."""

    __slots__ = ("_connection", "_lock", "_work", "_writes", "is_abandoned")

    def __init__(self, work: Work[T], *, writes: bool = False) -> None:
        self._work = work
        self._writes = writes
        self._lock = threading.Lock()
        self._connection: PoolProxiedConnection | None = None
        self.is_abandoned = False

    def carry_out(self, engine: Engine) -> T:
        """Do the work in a transaction and commit.

        It is done again when all of it was undone: so it must change nothing but the database.
        Raises DatabaseError, and what the work raises.
        """
        for left in reversed(range(TRIES)):
            try:
                return self._once(engine)
            except SQLAlchemyError as error:
                if self.is_abandoned or not left or not self._helps_to_repeat(error):
                    raise translated(error) from error
            except UnicodeEncodeError as error:  # the drivers' own, not wrapped by SQLAlchemy
                raise DatabaseError(f"text that no database takes: {error.reason}") from error
        raise AssertionError("the last try returns or raises")

    def abandon(self) -> None:
        """Nobody waits any more: let the thread fail as soon as may be."""
        with self._lock:
            self.is_abandoned = True
            if self._connection is not None:
                interrupt(self._connection)

    def _helps_to_repeat(self, error: SQLAlchemyError) -> bool:
        if is_locked(error):
            # Reading first and writing then fails at once on SQLite when somebody else wrote
            # between; whoever says at the beginning that he'll write gets his turn.
            self._writes = True
            return True
        return is_lost(error)

    def _once(self, engine: Engine) -> T:
        with engine.connect() as connection:
            held = connection.connection
            self._hold(held)
            watch(held, lambda: self.is_abandoned)
            try:
                if self._writes:
                    connection = connection.execution_options(**{WRITES: True})
                with connection.begin():
                    return self._work(connection)
            finally:
                if held.is_valid:
                    watch(held, None)
                self._hold(None)

    def _hold(self, connection: PoolProxiedConnection | None) -> None:
        with self._lock:
            if connection is not None and self.is_abandoned:
                raise DatabaseDown(NOBODY)
            self._connection = connection


class PlainJob(Job[T]):
    """Work that takes the short way, and SQLAlchemy's when something goes wrong on it.

    When it only reads there is no transaction: each of its statements stands for itself.
    """

    __slots__ = ("_kept", "_plain")

    def __init__(
        self, work: Callable[[Plain], T], kept: Kept | None = None, *, writes: bool = False
    ) -> None:
        """`kept`: the short way, where there is one."""
        super().__init__(work, writes=writes)
        self._kept = kept
        self._plain = work

    def carry_out(self, engine: Engine) -> T:
        """See `Job.carry_out`."""
        kept = self._kept
        if kept is not None:
            try:
                return self._straight(kept)
            except kept.errors:
                if self.is_abandoned:
                    raise DatabaseDown(NOBODY) from None
            kept.give_back()
        return super().carry_out(engine)

    def _straight(self, kept: Kept) -> T:
        try:
            straight = kept.take(self._is_over)
            self._hold(straight.lease)
            try:
                if not self._writes:
                    return self._plain(straight)
                straight.begin(writes=True)
                value = self._plain(straight)
                straight.commit()
                return value
            finally:
                self._hold(None)
        except BaseException as error:
            kept.fail(error)
            raise
        finally:
            kept.put_down()

    def _is_over(self) -> bool:
        return self.is_abandoned

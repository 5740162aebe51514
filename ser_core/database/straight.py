"""The short way to a database: a driver's own connection, text and values, nothing in between.

SQLAlchemy's way costs ten times what SQLite needs for one row, and more where caches are cold. So
what each request asks goes this way, on a connection that a thread keeps. When anything goes wrong
here the connection is given back and SQLAlchemy's way is gone from the beginning (`jobs`): there
is one place only that knows what an error means.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import Dialect, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from ser_core.database.engine import begin_of, is_of_its_file, watch

Row = Sequence[Any]  # Any: what the driver makes of a column


class Plain(Protocol):
    """As much of a connection as hot work uses: SQLAlchemy's has it, and `Straight`."""

    @property
    def dialect(self) -> Dialect:
        """Which kind of database it is."""

    def exec_driver_sql(
        self,
        statement: str,
        parameters: Any = None,  # Any: as the driver's placeholders want it
        /,
    ) -> Iterable[Row]:
        """Carry a statement out as it stands; with a list of values once for each of them."""


class Straight:
    """A `Plain` over a driver's connection. Raises the driver's own errors."""

    __slots__ = ("_cursor", "_is_sqlite", "dialect", "lease")

    def __init__(self, lease: PoolProxiedConnection, dialect: Dialect) -> None:
        """`lease`: how the pool has handed the connection out."""
        self.lease = lease
        self.dialect = dialect
        self._cursor = lease.cursor()
        self._is_sqlite = dialect.name == "sqlite"

    def exec_driver_sql(
        self,
        statement: str,
        parameters: Any = None,  # Any: see Plain
        /,
    ) -> Iterable[Row]:
        """See `Plain`."""
        cursor = self._cursor
        if type(parameters) is list:
            if len(parameters) > 1:
                cursor.executemany(statement, parameters)
                return ()
            parameters = parameters[0]
        if parameters is None:
            cursor.execute(statement)
        else:
            cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else ()

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction."""
        self._cursor.execute(begin_of(self.dialect, writes=writes))

    def commit(self) -> None:
        """End it."""
        if self._is_sqlite:
            self._cursor.execute("COMMIT")  # sqlite3 keeps it prepared, unlike commit()'s
        else:
            self.lease.dbapi_connection.commit()  # type: ignore[union-attr]  # it is leased

    def rollback(self) -> None:
        """Undo it; nothing when none was begun."""
        self.lease.dbapi_connection.rollback()  # type: ignore[union-attr]  # it is leased


class Kept(threading.local):
    """The connection that a thread keeps from one piece of hot work to the next.

    Each thread that looks at it sees its own.
    """

    def __init__(self, engine: Engine) -> None:
        """Runs once in each thread."""
        self._engine = engine
        self._straight: Straight | None = None
        self._is_over: Callable[[], bool] = _never
        dbapi = engine.dialect.loaded_dbapi
        self.errors = (dbapi.Error, SQLAlchemyError, UnicodeEncodeError)
        """What may go wrong on the short way and be told about by the long one."""

    def take(self, is_over: Callable[[], bool]) -> Straight:
        """The connection; on SQLite `is_over` says now and then whether to break off.

        Raises what the pool and the driver raise.
        """
        self._is_over = is_over
        straight = self._straight
        if straight is not None and is_of_its_file(straight.lease):
            return straight
        self.give_back()  # the pool knows what to do about another file
        lease = self._engine.raw_connection()
        watch(lease, lambda: self._is_over())
        self._straight = Straight(lease, self._engine.dialect)
        return self._straight

    def put_down(self) -> None:
        """The work is over; the connection stays ours."""
        self._is_over = _never

    def fail(self, error: BaseException) -> None:
        """Undo what was begun; let go of a connection that can't, or of which it isn't certain."""
        straight, self._straight = self._straight, None
        self._is_over = _never
        if straight is None:
            return
        dialect, raw = self._engine.dialect, straight.lease.dbapi_connection
        dead = isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(
            error, raw, None
        )
        if not dead:
            try:
                straight.rollback()
            except dialect.loaded_dbapi.Error:
                dead = True
        if dead:
            straight.lease.invalidate()
        else:
            self._straight = straight

    def give_back(self) -> None:
        """Let the pool have it again."""
        straight, self._straight = self._straight, None
        if straight is not None:
            watch(straight.lease, None)
            straight.lease.close()


def _never() -> bool:
    return False

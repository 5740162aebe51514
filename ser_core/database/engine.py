"""Engines: connections of the three kinds of database, set up alike.

Each connects within a bounded time, gives up a query that hangs, isolates at READ COMMITTED, and
can be torn off from another thread (`interrupt`), whatever its own thread waits for.

Drivers are left in autocommit, and transactions are begun by us, not by a driver's guess: so who
reads one thing (`straight`) needs none, and on a server one round trip instead of three.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from ser_core.database.errors import DatabaseDown
from ser_core.database.url import DatabaseUrl

CONNECT_SECONDS: Final = 2
"""To reach a server, for each of its addresses; libpq knows no shorter time."""
STATEMENT_SECONDS: Final = 30
"""After which a server gives a statement up, so that none outlives whoever waits for it."""
BUSY_SECONDS: Final = 2
"""How long SQLite waits for somebody else's write to end."""

STEPS_BETWEEN_LOOKS: Final = 50_000
"""Of SQLite's virtual machine; some milliseconds."""

WRITES: Final = "ser_writes"
"""Execution option: SQLite takes the write lock at the beginning, as it can't wait for it later."""

_LINE: Final = "ser_line"
"""Where a connection's record keeps its `Line`."""
_FILE: Final = "ser_file"
"""Where SQLite's keeps the name and the identity of its file."""


def make_engine(
    url: DatabaseUrl, *, pool_size: int = 1, statement_seconds: float = STATEMENT_SECONDS
) -> Engine:
    """An engine; nothing connects yet. It must not cross a fork.

    Raises ValueError when the driver isn't installed.
    """
    url.check_driver()
    engine = create_engine(
        url.engine_url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        pool_use_lifo=True,  # what was used last is in the CPU's caches
        pool_reset_on_return=None,  # nobody gives one back in the midst of a transaction
        hide_parameters=True,
        connect_args=_connect_arguments(url, statement_seconds),
    )
    event.listen(engine, "begin", _begin)
    if url.scheme == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        file = _SqliteFile()
        event.listen(engine, "do_connect", file.before_connect)
        event.listen(engine, "connect", file.note)
        event.listen(engine, "checkout", file.check)
    elif url.scheme == "mysql":
        event.listen(engine, "connect", _MysqlSetUp(statement_seconds))
    event.listen(engine, "connect", _keep_line)
    for end in ("close", "close_detached"):
        event.listen(engine, end, _cut_line)
    return engine


def begin_of(dialect: Dialect, *, writes: bool) -> str:
    """The statement that begins a transaction."""
    return "BEGIN IMMEDIATE" if writes and dialect.name == "sqlite" else "BEGIN"


def watch(connection: PoolProxiedConnection, is_over: Callable[[], bool] | None) -> None:
    """SQLite: let `is_over` say, every now and then, whether to break off; None: nobody.

    `interrupt` ends a statement that runs, not one that begins a moment later; a server's
    connection, once shut, fails both.
    """
    raw = connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        raw.set_progress_handler(is_over, STEPS_BETWEEN_LOOKS)


def is_of_its_file(connection: PoolProxiedConnection) -> bool:
    """False for one whose file has been removed or replaced since it was opened."""
    name, identity = connection.info.get(_FILE, (None, None))
    return name is None or _identity_of(name) == identity


def interrupt(connection: PoolProxiedConnection) -> None:
    """Make what another thread does with a connection fail at once.

    The caller sees to it that the thread still has the connection.
    """
    raw = connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        raw.interrupt()
        return
    line = connection.info.get(_LINE)
    if line is not None:
        line.shut()


class Line:
    """A second descriptor of a connection's socket, to shut it from another thread.

    The driver's own could have been closed meanwhile, and its number be somebody else's.
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))

    def shut(self) -> None:
        """End both directions: whoever reads gets an end of file."""
        with suppress(OSError):  # the server was faster
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the descriptor."""
        self._socket.close()


# -- what happens to new and to dead connections ---------------------------------------------------
# Any: SQLAlchemy's events hand over the driver's own connections.


def _connect_arguments(url: DatabaseUrl, statement_seconds: float) -> dict[str, Any]:
    if url.scheme == "sqlite":
        # No isolation level: that is sqlite3's autocommit.
        return {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    if url.scheme == "postgresql":
        return {
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "ser",
            "client_encoding": "utf8",
            "autocommit": True,
            "options": f"-c statement_timeout={int(statement_seconds * 1000)} "
            "-c default_transaction_isolation=read\\ committed",
            # A server whose machine has vanished must not be waited for, either.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        }
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": CONNECT_SECONDS,  # until `_MysqlSetUp`: a server that accepts and is mute
        "write_timeout": max(1, int(statement_seconds)),
        "autocommit": True,
        "charset": "utf8mb4",
        "program_name": "ser",
    }
    if not url.host and not dict(url.options).get("unix_socket"):
        arguments["host"] = "localhost"
    return arguments


def _set_up_sqlite(raw: Any, _: Any) -> None:
    # WAL: readers and a writer don't wait for each other. NORMAL: what is committed survives any
    # death of processes; the last moments may be lost when the machine loses power.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql(begin_of(connection.dialect, writes=bool(writes)))


class _SqliteFile:
    """Sees to it that all connections of an engine have the file that stands there now.

    Somebody may remove it, or put a backup in its place. SQLite would go on with the one that
    nobody will ever see again, or make an empty one.
    """

    def __init__(self) -> None:
        self._was_there = False

    def before_connect(self, _dialect: Any, _record: Any, arguments: Any, _more: Any) -> None:
        if self._was_there and _identity_of(arguments[0]) is None:
            raise DatabaseDown(f"{arguments[0]} has been removed")

    def note(self, raw: sqlite3.Connection, record: Any) -> None:
        name = raw.execute("PRAGMA database_list").fetchone()[2]
        identity = _identity_of(name)
        self._was_there = identity is not None
        record.info[_FILE] = (name, identity)

    def check(self, _raw: Any, record: Any, _proxy: Any) -> None:
        name, identity = record.info[_FILE]
        now = _identity_of(name)
        if now is None and identity is not None:
            raise DatabaseDown(f"{name} has been removed")
        if now != identity:
            raise DisconnectionError(f"{name} is another file now")


def _identity_of(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


class _MysqlSetUp:
    """Limits of a session; MariaDB and MySQL spell them differently."""

    def __init__(self, statement_seconds: float) -> None:
        self._seconds = statement_seconds

    def __call__(self, raw: Any, _: Any) -> None:
        seconds = self._seconds
        with raw.cursor() as cursor:
            if "MariaDB" in raw.get_server_info():
                cursor.execute(f"SET SESSION max_statement_time={seconds:f}")
            else:
                cursor.execute(f"SET SESSION max_execution_time={int(seconds * 1000)}")
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout={max(1, int(seconds))}")
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        # PyMySQL has no other way to change it. The server's own limit comes first.
        raw._read_timeout = seconds + CONNECT_SECONDS


def _keep_line(raw: Any, record: Any) -> None:
    if isinstance(raw, sqlite3.Connection):
        return
    pgconn = getattr(raw, "pgconn", None)
    record.info[_LINE] = Line(raw._sock.fileno() if pgconn is None else pgconn.socket)


def _cut_line(raw: Any, record: Any = None) -> None:
    line = record.info.pop(_LINE, None) if record is not None else None
    if line is not None:
        line.close()

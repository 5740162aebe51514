"""What is done with a location table in SQL: queries as functions of a connection.

What each registration does is text for the driver, so that it may take the short way (`straight`).

Whoever writes an address-of-record locks it first, and reads what to write only then; so of two
processes that write the same one, the later one writes the later state. The lock goes with the
transaction, even when the process that held it is gone and the server doesn't know it yet.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Select, and_, bindparam, delete, or_, select
from sqlalchemy.sql import ColumnElement

from ser_core.database.compiled import Compiled
from ser_core.database.straight import Plain
from ser_core.registrar.location import MEMORY_ONLY, NEVER, PERMANENT, Binding
from ser_core.registrar.rows import WRITTEN, Rows, Values

ROWS_AT_ONCE: Final = 2000
"""That are fetched together when a whole table is read."""

_LOCK_ONE = "SELECT pg_advisory_xact_lock(%s, %s)"
_LOCK_ONE_BY_ONE = "SELECT pg_advisory_xact_lock(%s, key) FROM unnest(CAST(%s AS integer[])) AS key"
_LOCK_ALL = "SELECT table_version FROM version WHERE table_name = 'schema' FOR UPDATE"


class Texts:
    """Statements for one table and one kind of database, put together once."""

    def __init__(self, dialect: Dialect, rows: Rows) -> None:
        quoted, column = dialect.identifier_preparer.quote, rows.table.c
        self._mark = "?" if dialect.paramstyle == "qmark" else "%s"
        names = ", ".join(quoted(column[x].name) for x in WRITTEN)
        marks = ", ".join([self._mark] * len(WRITTEN))
        self.insert = f"INSERT INTO {quoted(rows.table.name)} ({names}) VALUES ({marks})"
        self._head = f"DELETE FROM {quoted(rows.table.name)} WHERE {quoted(column.username.name)}"
        domain = f" AND {quoted(column.domain.name)} = {self._mark}"
        self._tail = domain if rows.use_domain else ""
        self._delete_one = f"{self._head} = {self._mark}{self._tail}"
        self.read = Compiled(_read(rows, dialect.name))

    def delete(self, users: int) -> str:
        """The rows of so many users, with use_domain of one domain, which comes last."""
        if users == 1:
            return self._delete_one
        return f"{self._head} IN ({', '.join([self._mark] * users)}){self._tail}"


def _read(rows: Rows, dialect: str) -> Select[Any]:  # Any: of whatever columns
    """The rows of one record, in their order."""
    column = rows.table.c
    statement = (
        select(*rows.columns_to_read(dialect))
        .where(column.username == bindparam("user"))
        .order_by(column.id)
    )
    return statement.where(column.domain == bindparam("of")) if rows.use_domain else statement


def texts_of(connection: Plain, rows: Rows) -> Texts:
    """Those for this database, made once."""
    dialect = connection.dialect
    if dialect.name not in rows.texts:
        rows.texts[dialect.name] = Texts(dialect, rows)
    texts: Texts = rows.texts[dialect.name]
    return texts


def lock(connection: Plain, rows: Rows, aors: Iterable[bytes]) -> None:
    """Have these records for ourselves until the transaction ends.

    PostgreSQL has locks for what isn't there yet. SQLite has one lock, and a transaction that
    writes has it already; on MySQL everybody takes the same row.
    """
    name = connection.dialect.name
    if name == "postgresql":
        # In the same order for all, or two would wait for each other.
        keys = sorted({_signed(zlib.crc32(aor)) for aor in aors})
        space = _signed(zlib.crc32(rows.domain.encode()))
        if len(keys) == 1:
            connection.exec_driver_sql(_LOCK_ONE, (space, keys[0]))
        else:
            connection.exec_driver_sql(_LOCK_ONE_BY_ONE, (space, keys))
    elif name != "sqlite":
        connection.exec_driver_sql(_LOCK_ALL)


def _signed(number: int) -> int:
    return number - (1 << 32) if number >= 1 << 31 else number


def replace(
    connection: Plain, rows: Rows, records: Mapping[bytes, Sequence[Binding]], now: float
) -> None:
    """Let these records be what the table holds of them; an empty one goes."""
    remove(connection, rows, records)
    values: list[tuple[object, ...]] = [
        rows.values_of(aor, binding, now)
        for aor, bindings in records.items()
        for binding in bindings
        if not binding.flags & MEMORY_ONLY
    ]
    if values:
        connection.exec_driver_sql(texts_of(connection, rows).insert, values)


def remove(connection: Plain, rows: Rows, aors: Iterable[bytes]) -> None:
    """Remove all rows of these records."""
    users: dict[str, list[str]] = {}
    for aor in aors:
        user, domain = rows.names_of(aor)
        users.setdefault(domain, []).append(user)
    texts = texts_of(connection, rows)
    for domain, names in users.items():
        parameters = (*names, domain) if rows.use_domain else tuple(names)
        connection.exec_driver_sql(texts.delete(len(names)), parameters)


def read(connection: Plain, rows: Rows, aor: bytes) -> list[Values]:
    """The rows of one record, in their order."""
    user, domain = rows.names_of(aor)
    names = {"user": user, "of": domain} if rows.use_domain else {"user": user}
    return list(texts_of(connection, rows).read.rows(connection, names))


def read_all(connection: Connection, rows: Rows, now: float) -> Iterator[Sequence[Values]]:
    """All rows that haven't expired, record by record, some at a time."""
    column = rows.table.c
    statement = (
        select(*rows.columns_to_read(connection.dialect.name))
        .where(or_(~_has_expired(rows, now), column.expires.is_(None)))
        .order_by(column.username, column.domain, column.id)
        .execution_options(stream_results=True, max_row_buffer=ROWS_AT_ONCE)
    )
    with connection.execute(statement) as result:
        yield from result.partitions(ROWS_AT_ONCE)


def expired(connection: Connection, rows: Rows, now: float, limit: int) -> list[Values]:
    """User and domain of up to `limit` records of which something has expired."""
    column = rows.table.c
    statement = select(column.username, column.domain).distinct().limit(limit)
    return [tuple(x) for x in connection.execute(statement.where(_has_expired(rows, now)))]


def remove_expired(
    connection: Connection, rows: Rows, now: float, names: Values | None = None
) -> int:
    """Remove what has expired, of all or with these names only; how many rows that were.

    `names`: user and domain as they stand in the table.
    """
    statement = delete(rows.table).where(_has_expired(rows, now))
    if names is not None:
        statement = statement.where(rows.table.c.username == names[0])
        if rows.use_domain:
            statement = statement.where(rows.table.c.domain == names[1])
    return connection.execute(statement).rowcount


def _has_expired(rows: Rows, now: float) -> ColumnElement[bool]:
    column = rows.table.c
    return and_(
        column.expires <= now,
        column.expires > NEVER,
        column.flags.bitwise_and(PERMANENT) == 0,
    )

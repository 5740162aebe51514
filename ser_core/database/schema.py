"""Makes the tables that are missing, and brings older ones up to date by numbered steps.

`version` has a row for each table, as in SER, and one of our own, `schema`: the number of the last
step that has been done. A database without that row is empty or SER's; the steps add only what is
missing, so SER's own database becomes one of ours without losing anything.

A database whose number is above ours belongs to a newer ser and is left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from ser_core.database import tables
from ser_core.database.engine import WRITES, make_engine
from ser_core.database.errors import DatabaseDown, SchemaError
from ser_core.database.failures import translated
from ser_core.database.file_place import make_file
from ser_core.database.steps import STEPS
from ser_core.database.url import DatabaseUrl

SCHEMA: Final = "schema"
"""The row of `version` that counts the steps."""
LOCK_KEY: Final = 0x53455230
LOCK_NAME: Final = "ser.schema"
LOCK_SECONDS: Final = 20
"""How long a process waits for another one that is making the tables."""
RETRY_SECONDS: Final = 0.25

NEWEST: Final = len(STEPS)
"""The number of a database that is up to date."""


def prepare(engine: Engine) -> None:
    """Make what is missing and upgrade what is old; nothing when all is up to date.

    Raises DatabaseDown, SchemaError for a newer database, DatabaseError.
    """
    if engine.dialect.name == "sqlite" and engine.url.database:
        from pathlib import Path

        make_file(Path(engine.url.database))
    try:
        with engine.connect() as connection:
            done = number_of(connection)
        if done < NEWEST:
            with engine.connect() as connection:
                _upgrade(connection.execution_options(**{WRITES: True}))
    except SQLAlchemyError as error:
        raise translated(error) from error


def prepare_patiently(
    url: DatabaseUrl, seconds: float = 5.0, sleep: Callable[[float], None] = time.sleep
) -> None:
    """`prepare`, for a program that starts: a server that isn't up yet is waited for.

    It blocks. Raises DatabaseDown once `seconds` are over; SchemaError, DatabaseError at once.
    """
    engine = make_engine(url)
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                prepare(engine)
                return
            except DatabaseDown:
                if time.monotonic() > deadline:
                    raise
            sleep(RETRY_SECONDS)
    finally:
        engine.dispose()


def number_of(connection: Connection) -> int:
    """The last step that has been done; 0 for an empty or SER's database.

    Raises SchemaError when a newer ser has upgraded it.
    """
    number = 0
    if inspect(connection).has_table(tables.version.name):
        column = tables.version.c
        row = connection.execute(
            select(column.table_version).where(column.table_name == SCHEMA)
        ).first()
        number = int(row[0]) if row else 0
    if number > NEWEST:
        raise SchemaError(
            f"the database is newer than this ser: its schema is {number}, and this one knows "
            f"up to {NEWEST}; use the ser that made it, or a backup from before"
        )
    return number


# -- upgrading -------------------------------------------------------------------------------------


def _upgrade(connection: Connection) -> None:
    with _alone(connection):
        done = number_of(connection)  # another process may have been faster
        for step in STEPS[done:]:
            step(connection)
        for table, number in (*tables.VERSIONS.items(), (SCHEMA, NEWEST)):
            _write_version(connection, table, number, overwrite=table == SCHEMA)
        connection.commit()


def _write_version(connection: Connection, table: str, number: int, *, overwrite: bool) -> None:
    """SER's own numbers stay what they are."""
    column = tables.version.c
    row = connection.execute(select(column.table_version).where(column.table_name == table)).first()
    if row is None:
        connection.execute(insert(tables.version).values(table_name=table, table_version=number))
    elif overwrite:
        statement = update(tables.version).where(column.table_name == table)
        connection.execute(statement.values(table_version=number))


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """One process at a time changes tables; on SQLite the transaction's own lock sees to it."""
    name = connection.dialect.name
    if name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK_KEY})"))
        yield
    elif name == "sqlite":
        yield
    else:
        got = connection.execute(text(f"SELECT GET_LOCK('{LOCK_NAME}', {LOCK_SECONDS})")).scalar()
        if got != 1:
            raise DatabaseDown("somebody else has been changing the tables for too long")
        try:
            yield
        finally:
            connection.execute(text(f"SELECT RELEASE_LOCK('{LOCK_NAME}')"))

"""Looking whether a start could use a database as it is now, before the running ser is stopped.

Nothing is changed: what a start would make or upgrade is left to it. What only the database itself
knows, such as whether rows may be removed, it is asked about no row at all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, delete, false, inspect, select, text

from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.database.jobs import Job
from ser_core.database.schema import NEWEST, number_of
from ser_core.database.steps import columns_of
from ser_core.database.url import DatabaseUrl

PAUSE: Final = 0.25
"""Seconds between two tries."""


def rehearse(
    url: DatabaseUrl,
    tables: Sequence[Table] = (),
    *,
    seconds: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """See whether there is a database, of a schema that we know, and whether `tables` can be used.

    It blocks. Raises DatabaseDown once it couldn't be reached for `seconds`; SchemaError for tables
    that aren't ours, and DatabaseError, at once.
    """
    if url.file is not None and not os.path.lexists(url.file):
        _check_place(url.file)
        return
    deadline = clock() + seconds
    while True:
        try:
            _look(url, tables)
            return
        except DatabaseDown:
            if clock() > deadline:
                raise
        sleep(PAUSE)


def _check_place(file: Path) -> None:
    """A start makes the file, and its directory."""
    place = next(x for x in file.parents if x.exists())
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        raise DatabaseDown(f"cannot make {file}: no permission to write in {place}")


def _look(url: DatabaseUrl, tables: Sequence[Table]) -> None:
    engine = make_engine(url)
    try:
        # SQLite is asked for the lock of whoever writes: it says then whether the file can be.
        Job(partial(_look_by, tables=tables), writes=url.scheme == "sqlite").carry_out(engine)
    finally:
        engine.dispose()


def _look_by(connection: Connection, tables: Sequence[Table]) -> None:
    there = set(inspect(connection).get_table_names())
    if number_of(connection) < NEWEST or {x.name for x in tables} - there:
        _check_right_to_make(connection)
        return
    for table in tables:
        known = columns_of(connection, table.name) | {"id"}  # all but that one are added
        columns = [x for x in table.columns if x.name in known]
        connection.execute(select(*columns).where(false())).close()
        connection.execute(delete(table).where(false())).close()


def _check_right_to_make(connection: Connection) -> None:
    """PostgreSQL 15 lets nobody but the owner of a database make tables in it."""
    if connection.dialect.name != "postgresql":
        return
    may = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
    if not connection.execute(text(may)).scalar():
        raise DatabaseError(
            f"its tables are to be made, and the user {connection.engine.url.username} may not: "
            "ALTER DATABASE … OWNER TO that user"
        )

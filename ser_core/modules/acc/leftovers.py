"""Rows that no receiver has written in time (see `spill`): an errand writes them at the end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ser_core import log
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.database.url import DatabaseUrl
from ser_core.modules.acc.rows import Row, Tables

if TYPE_CHECKING:
    from sqlalchemy import Engine

BATCH = 200
STATEMENT_SECONDS = 10
"""Who locks a table for longer must not hold up the end of ser."""


def write(url: str, tables: Tables, rows: list[Row]) -> None:
    """Write rows without an event loop; what can't be written goes to the log."""
    from ser_core.database.engine import make_engine

    engine = make_engine(DatabaseUrl.parse(url), statement_seconds=STATEMENT_SECONDS)
    left, size = list(rows), BATCH
    try:
        while left:
            batch = left[:size]
            error = _refusal(engine, tables, batch)
            if error is not None and len(batch) > 1:
                size = 1  # one that is refused harms no other
                continue
            if error is not None and (plain := batch[0].in_ascii()) != batch[0]:
                left[0] = plain
                continue
            if error is not None:
                log.error("acc: %s", error)
                give_up(batch[0])
            del left[: len(batch)]
            size = min(2 * size, BATCH)
    except DatabaseDown as error:
        log.error("acc: %s", error)
        for row in left:
            give_up(row)
    finally:
        engine.dispose()


def _refusal(engine: Engine, tables: Tables, batch: list[Row]) -> DatabaseError | None:
    """Write them; why they are refused, if they are. Raises DatabaseDown."""
    from ser_core.database.jobs import Job

    try:
        # Their receiver may have been at it when it ended.
        Job(partial(tables.insert, rows=batch, again=True), writes=True).carry_out(engine)
    except DatabaseDown:
        raise
    except DatabaseError as error:
        return error
    return None


def give_up(row: Row) -> None:
    """The last place where a row can stand: the log, with all its values."""
    values = ", ".join(f"{name}={value}" for name, value in row.values.items())
    log.error("acc: not written to table %s: %s", row.table, values)

"""Loading registrations before anything is served, and the last flush when all have ended.

Both block, without an event loop: see `ser_core.server.errand`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from sqlalchemy import Engine

from ser_core import log
from ser_core.database import rehearsal as database
from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown, DatabaseError
from ser_core.database.jobs import Job
from ser_core.database.location_schema import prepare_table
from ser_core.database.schema import prepare_patiently
from ser_core.database.url import DatabaseUrl
from ser_core.errors import SerError
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.loading import Loading
from ser_core.registrar.marks import Mark
from ser_core.registrar.persistence import Persistence, Run
from ser_core.registrar.rows import Rows

START_SECONDS: Final = 5.0
"""How long a start waits for a database that can't be reached."""
END_SECONDS: Final = 5.0
"""The same at the end, when there is something to write; also what one transaction may take."""
PAUSE: Final = 0.2
"""Seconds between two tries."""


def prepare(url: DatabaseUrl, rows: Mapping[str, Rows]) -> None:
    """Make the tables that are missing. Raises SerError when there can't be any."""
    engine = make_engine(url)
    try:
        prepare_patiently(url, START_SECONDS)
        for each in rows.values():
            Job(partial(prepare_table, table=each.table), writes=True).carry_out(engine)
    except DatabaseError as error:
        raise SerError(f"usrloc: database {url} can't be used: {error}") from error
    finally:
        engine.dispose()


def rehearse(url: DatabaseUrl, rows: Mapping[str, Rows]) -> None:
    """See whether `prepare` and `load` would do, and change nothing. Raises SerError."""
    try:
        database.rehearse(url, [each.table for each in rows.values()], seconds=START_SECONDS)
    except DatabaseError as error:
        raise SerError(f"usrloc: registrations can't be loaded from {url}: {error}") from error


def load(path: str, url: DatabaseUrl, rows: Mapping[str, Rows], *, desc_time_order: bool) -> None:
    """Read all registrations into the location table, and have its changes marked from now on.

    Raises SerError when they can't be read.
    """
    location = LmdbLocation.open(path)
    engine = make_engine(url)
    try:
        for domain, each in rows.items():
            began_at = time.monotonic()
            location.mark_changes(domain)
            loading = Loading(location, each, _write_log, desc_time_order=desc_time_order)
            Job(partial(loading.load, now=time.time()), writes=True).carry_out(engine)
            seconds = time.monotonic() - began_at
            log.notice(
                "usrloc: %d registrations of %s loaded in %.1f s", loading.loaded, domain, seconds
            )
    except DatabaseError as error:
        raise SerError(f"usrloc: registrations can't be loaded from {url}: {error}") from error
    finally:
        engine.dispose()
        location.close()


def flush(path: str, url: DatabaseUrl, rows: Mapping[str, Rows]) -> None:
    """Write all that is marked. Raises SerError, with how much could not be written."""
    location = LmdbLocation.open(path)
    try:
        for domain in rows:
            location.add_domain(domain)
        persistence = Persistence(location, rows, time.time, _tell_hopeless)
        if persistence.unwritten():
            _flush(persistence, url)
    finally:
        location.close()


def _flush(persistence: Persistence, url: DatabaseUrl) -> None:
    engine = make_engine(url)
    try:
        _write_all(persistence, blocking(engine, END_SECONDS))
    except DatabaseError as error:
        lost = _number_of(persistence.unwritten())
        raise SerError(f"usrloc: {lost} lost, {url}: {error}") from error
    finally:
        engine.dispose()
    if left := persistence.unwritten():
        raise SerError(f"usrloc: {_number_of(left)} lost, {url} refuses to take them")


def _number_of(registrations: int) -> str:
    return "1 registration is" if registrations == 1 else f"{registrations} registrations are"


def _write_all(persistence: Persistence, run: Run) -> None:
    """Goes on as long as something gets written, and for END_SECONDS without."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        try:
            for keys in persistence.batches():
                persistence.write(run, keys)
                deadline = time.monotonic() + END_SECONDS
            return
        except DatabaseDown:
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE)


def blocking(engine: Engine, seconds: float) -> Run:
    """Carries out work here and now; one that takes longer is torn off."""

    def run(work: Callable[..., list[Mark]]) -> list[Mark]:
        job = Job(work, writes=True)
        timer = threading.Timer(seconds, job.abandon)
        timer.daemon = True
        timer.start()
        try:
            return job.carry_out(engine)
        finally:
            timer.cancel()

    return run


def _write_log(level: int, text: str) -> None:
    log.write(level, "usrloc: %s", text)


def _tell_hopeless(mark: Mark, error: DatabaseError) -> None:
    log.error("usrloc: %s in %s is refused: %s", log.escape(mark.aor), mark.domain, error)

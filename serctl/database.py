"""The database of the ser that is meant, for verbs that look after subscribers.

Which one: --db-url, SER_DB_URL or `db_url` of serctl.toml; else that of the ser.cfg that runs, or
of the one that `serctl start` takes; else the one that ser makes by itself. SQLAlchemy is imported
when a verb opens it, since it takes longer to load than all of serctl.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ser_core.database.url import FILE_NAME, SERVICE_DIRECTORY, DatabaseUrl
from ser_core.errors import SerError
from ser_core.fifo import places
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.replies import pairs_of
from serctl.script_urls import url_in
from serctl.verbs import Callback, sets

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])

WHOSE = "auth_db"
"""The module whose db_url counts where they differ: its subscribers are those that log in."""


def database_option(function: F) -> F:
    """--db-url, for verbs that use the database."""
    option = click.option(
        "--db-url", metavar="URL", expose_value=False, callback=_without_password(sets("db_url")),
        help="The database, such as sqlite:////var/lib/ser/ser.db (SER_DB_URL); without a "
        "password. As in ser.cfg without it.",
    )  # fmt: skip
    return option(function)


def _without_password(take: Callback) -> Callback:
    def check(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
        if value is not None and _parsed(value, "--db-url").password:
            raise click.UsageError(
                "--db-url takes no password: every user of this machine could read it in the "
                "process list; set SER_DB_URL, or db_url in serctl.toml"
            )
        take(context, parameter, value)

    return check


class Database:
    """An open database; each `run` is one transaction."""

    def __init__(self, url: DatabaseUrl, engine: Engine) -> None:
        self.url = url
        self._engine = engine

    def run(self, work: Callable[[Connection], T], *, writes: bool = False) -> T:
        """Let `work` use a connection, and commit. Raises DatabaseError, and what `work` raises."""
        from ser_core.database.jobs import Job

        return Job(work, writes=writes).carry_out(self._engine)


def url_of(environment: Environment) -> DatabaseUrl:
    """Which database is meant. Raises UsageError; Failure when ser.cfg may not be read."""
    settings = environment.settings
    if settings.db_url:
        return _parsed(settings.db_url, "db_url")
    running = _running(environment)
    script = Path(running.get("path") or settings.config)
    try:
        text = url_in(script, WHOSE)
    except PermissionError:
        # A database of the caller's own instead would look as if all users had gone.
        raise Failure(
            f"no permission to read {script}, which says where the database is; use sudo, or name "
            "the database (--db-url, SER_DB_URL)",
            ExitStatus.CANNOT_REACH,
        ) from None
    if text:
        return _parsed(text, str(script))
    if Path(running.get("run_dir", "/")).is_relative_to(places.SERVICE_DIRECTORY):
        return DatabaseUrl("sqlite", str(SERVICE_DIRECTORY / FILE_NAME))
    return DatabaseUrl.parse("")


@contextmanager
def opened(environment: Environment, *, reads: bool = False) -> Iterator[Database]:
    """The database with its tables. `reads`: nothing is made that isn't there yet.

    Raises UsageError, Failure, DatabaseError.
    """
    from ser_core.database import schema
    from ser_core.database.engine import make_engine

    url = url_of(environment)
    _check_permission(url, reads=reads)
    if reads and url.file is not None and not url.file.exists():
        raise Failure(
            f"there is no database {url} yet; `serctl add` makes it, and so does ser",
            ExitStatus.NOT_FOUND,
        )
    try:
        engine = make_engine(url, statement_seconds=environment.settings.timeout)
    except ValueError as error:
        raise Failure(str(error)) from None
    try:
        schema.prepare(engine)
        yield Database(url, engine)
    except SerError as error:
        _tell_where(error, url)
        raise
    finally:
        engine.dispose()


def _check_permission(url: DatabaseUrl, *, reads: bool) -> None:
    """SQLite itself says of such a file that it is read-only, or can't be opened."""
    if url.file is None:
        return
    try:
        if not url.file.exists() or os.access(url.file, os.R_OK if reads else os.R_OK | os.W_OK):
            return
    except PermissionError:
        pass  # of its directory
    raise Failure(
        f"no permission to {'read' if reads else 'change'} the database {url}; use sudo",
        ExitStatus.CANNOT_REACH,
    )


def _tell_where(error: SerError, url: DatabaseUrl) -> None:
    from ser_core.database.errors import DatabaseError

    if isinstance(error, DatabaseError):
        error.args = (f"database {url}: {error}",)


def is_there(environment: Environment) -> bool:
    """Whether a database is set up: one is named, or the file is there."""
    file = url_of(environment).file
    return file is None or file.exists()


def would(environment: Environment, what: str) -> bool:
    """With --dry-run tell what would be done, and say that it isn't to be."""
    if environment.dry_run:
        environment.write(f"would {what}\n")
    return environment.dry_run


def _running(environment: Environment) -> dict[str, str]:
    """What the running ser says of itself; empty when none runs.

    One that runs and doesn't say is an error, and so are several: rather than take another one's
    database. Raises NoReply, Failure.
    """
    from ser_core.fifo.client import CannotReach

    if environment.dry_run:
        return {}
    try:
        reply = environment.request("config")
    except CannotReach:
        return {}
    except Failure as error:
        if error.status != ExitStatus.CANNOT_REACH:
            raise
        return {}
    return dict(pairs_of(reply)) if reply.is_ok else {}


def _parsed(text: str, where: str) -> DatabaseUrl:
    try:
        return DatabaseUrl.parse(text)
    except ValueError as error:
        raise click.UsageError(f"{where}: {error}") from None

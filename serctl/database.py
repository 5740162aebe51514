"""The database of the ser that is meant, for verbs that look after subscribers.

SQLAlchemy is imported when a verb opens it, since it takes longer to load than all of serctl.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from ser_core.database.url import DatabaseUrl
from ser_core.errors import SerError
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.verbs import Callback, sets
from serctl.which_database import SUBSCRIBERS, Choice, choose, parsed, url_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])


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
        if value is not None and parsed(value, "--db-url").password:
            raise click.UsageError(
                "--db-url takes no password: every user of this machine could read it in the "
                "process list; set SER_DB_URL, or db_url in serctl.toml"
            )
        take(context, parameter, value)

    return check


class Database:
    """An open database; each `run` is one transaction."""

    def __init__(self, url: DatabaseUrl, engine: Engine, *, has_subscribers: bool = True) -> None:
        self.url = url
        self.has_subscribers = has_subscribers
        """False where ser.cfg has them in another one, so that nobody can be looked up."""
        self._engine = engine

    def run(self, work: Callable[[Connection], T], *, writes: bool = False) -> T:
        """Let `work` use a connection, and commit. Raises DatabaseError, and what `work` raises."""
        from ser_core.database.jobs import Job

        return Job(work, writes=writes).carry_out(self._engine)


@contextmanager
def opened(
    environment: Environment,
    *,
    reads: bool = False,
    whose: str = SUBSCRIBERS,
    beside: Collection[str] = (),
) -> Iterator[Database]:
    """The database with its tables. `reads`: nothing is made that isn't there yet.

    It is that of the module `whose`; a note is written when one of `beside`, whose tables are used,
    too, has another. Raises UsageError, Failure, DatabaseError.
    """
    from ser_core.database import schema
    from ser_core.database.engine import make_engine

    choice = choose(environment, whose)
    url = choice.url
    _tell_others(environment, choice, beside)
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
        yield Database(url, engine, has_subscribers=SUBSCRIBERS not in choice.others)
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


def _tell_others(environment: Environment, choice: Choice, beside: Collection[str]) -> None:
    others = [f"{each} {url}" for each, url in choice.others.items() if each in beside]
    if others:
        environment.note(
            f"ser.cfg has several databases; only that of {choice.whose} is used here, "
            f"{choice.url}, not {', '.join(others)} (--db-url names another)"
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

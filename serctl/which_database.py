"""Which database is meant.

--db-url, SER_DB_URL or `db_url` of serctl.toml names it; else it is that of the ser.cfg that runs,
or of the one that `serctl start` takes; else the one that ser makes by itself. Where the modules of
a ser.cfg have several, it is that of the module whose tables a verb is about.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from ser_core.database.url import FILE_NAME, SERVICE_DIRECTORY, DatabaseUrl
from ser_core.fifo import places
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.replies import pairs_of
from serctl.script_urls import ScriptUrls, urls_of

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply

SUBSCRIBERS = "auth_db"
"""The module whose subscribers are those that log in."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The databases of the ser that is meant."""

    url: DatabaseUrl
    """The one that a verb is about."""
    whose: str = ""
    """The module whose it is; empty: it was named, and there is no other."""
    others: Mapping[str, DatabaseUrl] = field(default_factory=dict)
    """Those of the other modules that differ, by module."""


def url_of(environment: Environment, whose: str = SUBSCRIBERS) -> DatabaseUrl:
    """Which database is meant, for the tables of the module `whose`. Raises as `choose`."""
    return choose(environment, whose).url


def choose(environment: Environment, whose: str = SUBSCRIBERS) -> Choice:
    """Which databases are meant. Raises UsageError; Failure when ser.cfg doesn't tell."""
    settings = environment.settings
    if settings.db_url:
        return Choice(parsed(settings.db_url, "SER_DB_URL, or db_url in serctl.toml"))
    running = _running(environment)
    script = Path(running.get("path") or settings.config)
    found = _urls_of(script, is_running=bool(running))
    if found.mistake and whose not in found.given:
        raise _unsure(f"{script} has a mistake ({found.mistake}), and so doesn't say")
    url = _url_for(found.of(whose), script, running)
    others = {}
    for module in sorted(found.used - {whose}):
        with suppress(Failure, click.UsageError):  # of a module that this isn't about
            others[module] = _url_for(found.of(module), script, running)
    return Choice(url, whose, {module: each for module, each in others.items() if each != url})


def _urls_of(script: Path, *, is_running: bool) -> ScriptUrls:
    try:
        return urls_of(script)
    except PermissionError:
        # A database of the caller's own instead would look as if all users had gone.
        raise _unsure(f"no permission to read {script}, which says", "use sudo, or ") from None
    except OSError as error:
        if is_running:
            raise _unsure(f"{script}, which says", f"can't be read: {error.strerror}; ") from None
        return ScriptUrls({})


def _unsure(why: str, more: str = "") -> Failure:
    return Failure(
        f"{why} where the database is; {more}name the database (--db-url, SER_DB_URL)",
        ExitStatus.CANNOT_REACH,
    )


def _url_for(text: str, script: Path, running: Mapping[str, str]) -> DatabaseUrl:
    """The database that a db_url of ser.cfg means to the ser that runs with it."""
    if text.startswith("sqlite:///") and not text.startswith("sqlite:////"):
        text = f"sqlite:///{_directory_of(script, running)}/{text.removeprefix('sqlite:///')}"
    if text:
        return parsed(text, str(script))
    if Path(running.get("run_dir", "/")).is_relative_to(places.SERVICE_DIRECTORY):
        return DatabaseUrl("sqlite", str(SERVICE_DIRECTORY / FILE_NAME))
    return DatabaseUrl.parse("")


def _directory_of(script: Path, running: Mapping[str, str]) -> str:
    """Where ser works, as a db_url has it: what it calls ser.db is somewhere else for us."""
    try:
        return quote(os.readlink(f"/proc/{int(running['pid'])}/cwd"))
    except (KeyError, ValueError, OSError):
        raise _unsure(
            f"a path without a / at its beginning, in {script}, doesn't tell us"
        ) from None


def _running(environment: Environment) -> dict[str, str]:
    """What the running ser says of itself; empty when none runs.

    One that runs and doesn't say is an error, and so are several: rather than take another one's
    database. Raises NoReply, Failure.
    """
    from ser_core.fifo.client import CannotReach

    try:
        reply = _config(environment)
    except CannotReach:
        return {}
    except Failure as error:
        if error.status != ExitStatus.CANNOT_REACH:
            raise
        return {}
    return dict(pairs_of(reply)) if reply.is_ok else {}


def _config(environment: Environment) -> Reply:
    """Asked for also with --dry-run, which is about the same database."""
    if not environment.dry_run:
        return environment.request("config")
    with closing(replace(environment, dry_run=False, _client=None)) as asking:
        return asking.request("config")


def parsed(text: str, where: str) -> DatabaseUrl:
    """A db_url. Raises UsageError, which says where it stands."""
    try:
        return DatabaseUrl.parse(text)
    except ValueError as error:
        raise click.UsageError(f"{where}: {error}") from None

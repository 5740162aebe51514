"""A process for modules that ask a database: a real one, asked without threads and greenlets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import SQLAlchemyError

from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown
from ser_core.database.failures import translated
from ser_core.database.url import DatabaseUrl
from ser_core.modules.auth.authorized import set_authorized
from ser_core.script.runtime import ScriptMessage
from tests.support.script_messages import FakeCore

T = TypeVar("T")


class DirectDatabase:
    """Asks at once; `is_down` makes it refuse."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.engine = make_engine(url)
        self.is_down = False
        self.asked = 0

    def run(self, work: Callable[[Connection], T], *, timeout: float, writes: bool = False) -> T:
        self.asked += 1
        if self.is_down:
            raise DatabaseDown("nobody there")
        try:
            with self.engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise translated(error) from error

    run_plain = run

    def fill(self, table: Table, *rows: dict[str, Any]) -> None:
        """Put rows into a table."""
        with self.engine.begin() as connection:
            connection.execute(insert(table), list(rows))


class AskingCore(FakeCore):
    """Gives each module the same database."""

    def __init__(self, url: DatabaseUrl) -> None:
        super().__init__()
        self.direct = DirectDatabase(url)
        self.urls: list[str] = []

    def monotonic(self) -> float:
        return self.now

    def database(self, url: str) -> DirectDatabase:
        self.urls.append(url)
        return self.direct


@contextmanager
def asking_core(url: DatabaseUrl) -> Iterator[AskingCore]:
    """For one test."""
    core = AskingCore(url)
    try:
        yield core
    finally:
        core.direct.engine.dispose()


def core_without_database() -> AskingCore:
    """One whose database can't be asked."""
    core = AskingCore(DatabaseUrl.parse("sqlite:////nowhere/ser.db"))
    core.direct.is_down = True
    return core


def started(module: Any, core: AskingCore, **params: Any) -> Any:
    """The module with these parameters, checked and started."""
    for name, value in params.items():
        setattr(module, name, value)
    module.check()
    module.start(core)
    return module


def with_credentials(
    msg: ScriptMessage, user: str, *, domain: str = "", realm: str = "example.com"
) -> ScriptMessage:
    """As after www_authorize has said yes."""
    credentials: Any = FakeCredentials(user.encode(), domain.encode(), realm.encode())
    set_authorized(msg, credentials, (b"authorization", 0, 0, 0, b""))
    return msg


class FakeCredentials:
    """What `authorized` keeps of credentials."""

    def __init__(self, user: bytes, domain: bytes, realm: bytes) -> None:
        self.user, self.domain, self.realm = user, domain, realm


__all__ = ["AskingCore", "asking_core", "core_without_database", "started", "with_credentials"]

"""What a password costs: a REGISTER, its challenge, and the REGISTER with credentials.

The subscribers stand in SQLite, or in a PostgreSQL of the bench's own; both proxies get the same
names and hashes, each in its own tables. MD5, since SIPp knows no other; both count nonces.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.load import Cost, Load
from bench.measures import LOAD_CORE, PROXY_CORE, Measure, Sizes, highest_rate, progress, workplace
from bench.proxies import HOST, KAMAILIO, Kind, Proxy
from ser_core.database import subscribers
from ser_core.database.engine import make_engine
from ser_core.database.schema import prepare
from ser_core.database.url import DatabaseUrl
from tests.support.databases import database_server, missing, text_of

PASSWORD = "secret"
NAME = "user"
RATE = 200
"""REGISTERs with credentials a second, where cost is measured."""
TRIES = 5

# What Kamailio 5.6 wants to find: version 7 of its table of subscribers.
KAMAILIO_TABLES = (
    "CREATE TABLE version (table_name VARCHAR(32), table_version INTEGER)",
    "INSERT INTO version VALUES ('subscriber', 7)",
    "CREATE TABLE subscriber "
    "(username VARCHAR(64) PRIMARY KEY, domain VARCHAR(64), ha1 VARCHAR(128))",
)
KAMAILIO_INSERT = "INSERT INTO subscriber VALUES ({0}, {0}, {0})"


@dataclass(frozen=True, slots=True)
class Store:
    """Where the subscribers of both proxies are."""

    name: str
    ours: DatabaseUrl
    theirs: str
    """The db_url for Kamailio."""
    driver: str
    """Its module."""


def auth(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """CPU per REGISTER with a password, and how many a second one core bears."""
    measures = []
    for make in (_sqlite, _postgresql):
        with workplace() as directory, ExitStack() as databases:
            store = databases.enter_context(make(directory, sizes.users))
            if store is not None:
                measures += _measure(kinds, sizes, directory, store)
    return measures


def _measure(kinds: list[Kind], sizes: Sizes, directory: Path, store: Store) -> list[Measure]:
    cost = Measure(f"CPU per REGISTER with a password, {store.name}", "us")
    rate = Measure(f"REGISTERs with a password on one core, {store.name}", "REGISTERs/s")
    count = sizes.calls
    for _ in range(sizes.rounds):
        with ExitStack() as running:
            loads = []
            for kind in kinds:
                proxy = running.enter_context(Proxy(_asking(kind, directory, store), directory))
                loads.append((kind, PasswordLoad(proxy, directory, users=sizes.users)))
            for _ in range(sizes.slices):
                for kind, load in loads:
                    cost.add(kind, _clean(lambda load=load: load.log_in(RATE, count)))  # type: ignore[misc]
                    progress(f"  {kind.name:9} {cost.name}: {cost.figures[kind.name][-1]:.0f} us")
    for kind in kinds:
        with Proxy(_asking(kind, directory, store), directory, core=PROXY_CORE) as proxy:
            load = PasswordLoad(proxy, directory, users=sizes.users, core=LOAD_CORE)
            rate.add(kind, _rate_of(kind, load, sizes.trial_seconds))
    return [cost, rate]


class PasswordLoad(Load):
    """Users who know their password."""

    def __init__(
        self, proxy: Proxy, directory: Path, *, users: int, core: int | None = None
    ) -> None:
        super().__init__(proxy, directory, users=users, name=NAME, core=core)
        # SIPp doesn't look for fields inside of other keywords; so the keyword is a field itself.
        answer = f"[authentication username={{0}} password={PASSWORD}]"
        lines = [f"{name};{answer.format(name)}" for name, _, _ in _rows(users)]
        self._names.write_text("\n".join(["SEQUENTIAL", *lines, ""]))

    def log_in(self, rate: float, count: int) -> Cost:
        """`count` users register: REGISTER 401, REGISTER 200."""
        self._registrations += 1
        options = ("-cid_str", f"{self._registrations}-%u-%p@%s")
        return self._run("register-auth.xml", count, rate, options)


def _clean(take: Callable[[], Cost]) -> float:
    """The figure of a load that went through without anything sent again."""
    for _ in range(TRIES):
        cost = take()
        if cost.is_clean:
            return cost.microseconds
    raise RuntimeError(f"{cost.outcome}")


def _rate_of(kind: Kind, load: PasswordLoad, seconds: int) -> int:
    """The highest at which nothing is sent again."""
    return highest_rate(kind, 200, lambda rate: load.log_in(rate, rate * seconds).is_clean)


def _asking(kind: Kind, directory: Path, store: Store) -> Kind:
    """The proxy with a config that asks for passwords from that database."""
    template = kind.config.with_name(f"{kind.name}-auth.cfg").read_text()
    url = store.theirs if kind is KAMAILIO else text_of(store.ours)
    filled = template.replace("@DATABASE@", url).replace("@DRIVER@", store.driver)
    config = directory / f"{kind.name}-auth-{store.driver}.cfg"
    config.write_text(filled)
    return replace(kind, config=config)


# -- databases -----------------------------------------------------------------------------------


@contextmanager
def _sqlite(directory: Path, users: int) -> Iterator[Store]:
    ours = DatabaseUrl.parse(f"sqlite:///{directory}/ser.db")
    _fill_ours(ours, users)
    theirs = directory / "kamailio.db"
    with closing(sqlite3.connect(theirs)) as connection, connection:
        for statement in KAMAILIO_TABLES:
            connection.execute(statement)
        connection.executemany(KAMAILIO_INSERT.format("?"), _rows(users))
    yield Store("SQLite", ours, f"sqlite:///{theirs}", "db_sqlite.so")


@contextmanager
def _postgresql(directory: Path, users: int) -> Iterator[Store | None]:
    why = missing("postgresql")
    if why:
        progress(f"  without PostgreSQL: {why}")
        yield None
        return
    import psycopg

    with database_server("postgresql") as server:
        ours, theirs = server.new_database("ser_bench"), server.new_database("kamailio_bench")
        _fill_ours(ours, users)
        with psycopg.connect(text_of(theirs)) as connection, connection.cursor() as cursor:
            for statement in KAMAILIO_TABLES:
                cursor.execute(statement.encode())
            cursor.executemany(KAMAILIO_INSERT.format("%s").encode(), _rows(users))
        url = text_of(theirs).replace("postgresql://", "postgres://")
        yield Store("PostgreSQL", ours, url, "db_postgres.so")


def _fill_ours(url: DatabaseUrl, users: int) -> None:
    engine = make_engine(url)
    prepare(engine)
    with engine.begin() as connection:
        for name, domain, _ in _rows(users):
            hashes = subscribers.hashes_of(name, domain, PASSWORD)
            subscribers.add(connection, name, domain, hashes, email="", now=1.0)
    engine.dispose()


def _rows(users: int) -> list[tuple[str, str, str]]:
    """Name, domain and HA1 of each subscriber."""
    names = (f"{NAME}{number:06d}" for number in range(users))
    return [(name, HOST, subscribers.hashes_of(name, HOST, PASSWORD)["ha1"]) for name in names]

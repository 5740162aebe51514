"""What it costs to keep registrations in a database: REGISTER with db_mode 0, 1 and 2.

SQLite in a file, and a PostgreSQL of the bench's own. Each proxy has its own database. What the
server costs isn't counted, only the proxy's own processes; with db_mode 2 the timer writes every
two seconds, so that most of its work falls into the time that is measured.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.load import Load
from bench.measures import (
    LOAD_CORE,
    PROXY_CORE,
    Measure,
    Sizes,
    highest_rate,
    note,
    progress,
    workplace,
)
from bench.proxies import KAMAILIO, SER, Kind, Proxy
from ser_core.database.engine import make_engine
from ser_core.database.schema import prepare
from ser_core.database.url import DatabaseUrl
from ser_core.registrar import statements
from ser_core.registrar.location import Binding
from ser_core.registrar.rows import Rows
from tests.support.databases import database_server, missing, text_of

MODES = (0, 1, 2)
RATE = 500
"""REGISTERs a second, where cost is measured."""
TIMER = 2
MANY = 100_000
SQL = Path("/usr/share/kamailio")
"""Where Debian has Kamailio's tables."""
MEMORY_ONLY = 'modparam("usrloc", "db_mode", 0)'


@dataclass(frozen=True, slots=True)
class Store:
    """Where registrations are kept."""

    name: str
    new: Callable[[Kind], str]
    """An empty database for that proxy, as its db_url."""
    driver: str
    """Kamailio's module."""


def db(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """CPU per REGISTER and how many a second one core bears, for each mode and database."""
    measures = [_start_up()] if SER in kinds else []
    for open_store in (_sqlite, _postgresql):
        with workplace() as directory, ExitStack() as databases:
            store = databases.enter_context(open_store(directory))
            if store is not None:
                for mode in MODES:
                    measures += _measure(kinds, sizes, directory, store, mode)
    return measures


def _measure(
    kinds: list[Kind], sizes: Sizes, directory: Path, store: Store, mode: int
) -> list[Measure]:
    where = f"db_mode {mode}, {store.name}"
    first = Measure(f"CPU per REGISTER, new binding, {where}", "us")
    again = Measure(f"CPU per REGISTER, refresh, {where}", "us")
    rate = Measure(f"refreshes on one core, {where}", "REGISTERs/s")
    for _ in range(sizes.rounds):
        with ExitStack() as running:
            loads = []
            for kind in kinds:
                proxy = running.enter_context(Proxy(_kept(kind, directory, store, mode), directory))
                loads.append((kind, Load(proxy, directory, users=sizes.calls)))
            for measure in (first, again):
                for kind, load in loads:
                    note(measure, kind, lambda load=load: load.register(RATE))  # type: ignore[misc]
    if not sizes.db_rates:
        return [first, again]
    for kind in kinds:
        kept = _kept(kind, directory, store, mode)
        with Proxy(kept, directory, core=PROXY_CORE) as proxy:
            load = Load(proxy, directory, users=1000, core=LOAD_CORE)
            load.register(RATE)
            rate.add(kind, _rate_of(kind, load, sizes.trial_seconds))
    return [first, again, rate]


def _start_up() -> Measure:
    """From exec to the first answer, with all that has to be loaded before."""
    measure = Measure(f"start-up with {MANY:,} registrations, SQLite", "s", "<= 3.6 s", at_most=3.6)
    with workplace() as directory:
        url = DatabaseUrl.parse(f"sqlite:///{directory}/many.db")
        fill(url, MANY)
        config = directory / "many.cfg"
        lines = f'modparam("usrloc", "db_mode", 1)\nmodparam("usrloc", "db_url", "{url}")'
        config.write_text(SER.config.read_text().replace(MEMORY_ONLY, lines))
        for _ in range(3):
            with Proxy(replace(SER, config=config), directory) as proxy:
                measure.add(SER, proxy.start_up)
                progress(f"  {measure.name}: {proxy.start_up:.2f} s")
    return measure


def fill(url: DatabaseUrl, users: int) -> None:
    """Registrations of so many users, valid for a day."""
    engine, rows, now = make_engine(url), Rows("location"), time.time()
    prepare(engine)
    with engine.begin() as connection:
        for start in range(0, users, 1000):
            records = {
                b"user%06d" % x: [_binding(x, now)] for x in range(start, min(start + 1000, users))
            }
            statements.replace(connection, rows, records, now)
    engine.dispose()


def _binding(number: int, now: float) -> Binding:
    uri = b"sip:user%06d@192.0.2.1:5060;transport=udp" % number
    call_id = b"%032x@192.0.2.1" % number
    return Binding(uri, now + 86400, -1, call_id, number, b"Bench/1.0", b"", 0, now)


def _rate_of(kind: Kind, load: Load, seconds: int) -> int:
    """The highest at which nothing is sent again."""
    return highest_rate(kind, 250, lambda rate: load.register(rate, rate * seconds).is_clean)


def _kept(kind: Kind, directory: Path, store: Store, mode: int) -> Kind:
    """The proxy with a config that keeps registrations in that database."""
    if not mode:
        return kind
    lines = [
        f'modparam("usrloc", "db_mode", {mode})',
        f'modparam("usrloc", "db_url", "{store.new(kind)}")',
    ]
    lines.append(f'modparam("usrloc", "timer_interval", {TIMER})')
    text = kind.config.read_text()
    if kind is KAMAILIO:
        text = text.replace(
            'loadmodule "usrloc.so"', f'loadmodule "{store.driver}"\nloadmodule "usrloc.so"'
        )
    config = directory / f"{kind.name}-{store.driver}-{mode}.cfg"
    config.write_text(text.replace(MEMORY_ONLY, "\n".join(lines)))
    return replace(kind, config=config)


# -- databases -----------------------------------------------------------------------------------


@contextmanager
def _sqlite(directory: Path) -> Iterator[Store]:
    def new(kind: Kind) -> str:
        number = len(list(directory.glob("*.db")))
        file = directory / f"{kind.name}-{number}.db"
        if kind is KAMAILIO:
            with closing(sqlite3.connect(file)) as connection, connection:
                for script in _tables("db_sqlite"):
                    connection.executescript(script)
            return f"sqlite:///{file}"
        return str(DatabaseUrl.parse(f"sqlite:///{file}"))

    yield Store("SQLite", new, "db_sqlite.so")


@contextmanager
def _postgresql(directory: Path) -> Iterator[Store | None]:
    why = missing("postgresql")
    if why:
        progress(f"  without PostgreSQL: {why}")
        yield None
        return
    import psycopg

    numbers = iter(range(1000))
    with database_server("postgresql") as server:

        def new(kind: Kind) -> str:
            url = text_of(server.new_database(f"bench_{next(numbers)}"))
            if kind is KAMAILIO:
                with psycopg.connect(url) as connection:
                    for script in _tables("postgres"):
                        connection.execute(script.encode())
                return url.replace("postgresql://", "postgres://")
            return url

        yield Store("PostgreSQL", new, "db_postgres.so")


def _tables(kind: str) -> list[str]:
    """Those of location, and the same for aliases, which the script mentions, too."""
    names = ("standard", "usrloc")
    version, location = ((SQL / kind / f"{name}-create.sql").read_text() for name in names)
    return [version, location, location.replace("location", "aliases")]

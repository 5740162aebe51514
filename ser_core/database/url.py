"""db_url: which database, in SER's spelling or SQLAlchemy's.

    sqlite:////var/lib/ser/ser.db       a file, by its absolute path (four slashes)
    sqlite:///ser.db                    the same, relative to the working directory
    postgresql://ser:heslo@localhost/ser
    mysql://ser:heslo@localhost/ser

The one rule: a password never leaves by str(), repr() or an error.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qsl, quote, unquote

if TYPE_CHECKING:
    from sqlalchemy import URL

Scheme = Literal["sqlite", "postgresql", "mysql"]

SCHEMES: Final[dict[str, Scheme]] = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
"""What may stand before ://, and which kind of database it means."""

DRIVERS: Final[dict[Scheme, tuple[str, str, str]]] = {
    "postgresql": ("psycopg", "postgresql+psycopg", "postgres"),
    "mysql": ("pymysql", "mysql+pymysql", "mysql"),
}
"""Python package, SQLAlchemy's name for it, and the extra of ser that brings it."""

LATE: Final[dict[Scheme, tuple[str, ...]]] = {
    "sqlite": (),
    "postgresql": ("psycopg.types.hstore", "psycopg.types.json", "encodings.idna"),
    "mysql": ("encodings.idna",),
}
"""What SQLAlchemy, drivers and getaddrinfo import with the first connection only."""

OPTIONS: Final[dict[Scheme, frozenset[str]]] = {
    "sqlite": frozenset(),
    "postgresql": frozenset({"host", "sslmode", "sslrootcert", "sslcert", "sslkey"}),
    "mysql": frozenset({"unix_socket", "ssl_ca", "ssl_cert", "ssl_key"}),
}
"""What may stand behind the question mark."""

SERVICE_DIRECTORY = Path("/var/lib/ser")
FILE_NAME = "ser.db"

_URL = re.compile(r"(?P<scheme>[A-Za-z0-9+]+)://(?P<rest>.*)", re.S)


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """One database. Made by `parse`."""

    scheme: Scheme
    name: str
    """Of the database; for SQLite the absolute path of the file."""
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    """Without brackets; empty: this machine."""
    port: int | None = None
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> DatabaseUrl:
        """Read a db_url; empty: the default. ValueError: a sentence for the user."""
        if not text:
            return default_url()
        match = _URL.fullmatch(text)
        scheme = SCHEMES.get(match["scheme"].lower()) if match else None
        if match is None or scheme is None:
            raise ValueError(
                "a db_url begins with sqlite:///, postgresql:// or mysql://, such as "
                "mysql://ser:heslo@localhost/ser"
            )
        if not text.isprintable():
            raise ValueError("a db_url takes no control characters")
        if scheme == "sqlite":
            return _parse_sqlite(match["rest"])
        return _parse_server(scheme, match["rest"])

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None for the others."""
        return Path(self.name) if self.scheme == "sqlite" else None

    @property
    def engine_url(self) -> URL:
        """The same for SQLAlchemy, with the driver's name in it."""
        from sqlalchemy import URL  # takes long

        if self.scheme == "sqlite":
            return URL.create("sqlite", database=self.name)
        return URL.create(
            DRIVERS[self.scheme][1],
            self.user or None,
            self.password or None,
            self.host or None,
            self.port,
            self.name,
            dict(self.options),
        )

    def check_driver(self) -> None:
        """Raise ValueError, with the command that helps, when the driver isn't installed."""
        check_driver(self.scheme)

    def load(self) -> None:
        """Import all that using the database takes, while this process may still read it.

        Raises ValueError when the driver isn't installed.
        """
        for module in ("ser_core.database.jobs", "ser_core.database.schema", *LATE[self.scheme]):
            import_module(module)
        from ser_core.database.engine import make_engine

        make_engine(self).dispose()  # has SQLAlchemy load its side of the driver

    def __str__(self) -> str:
        """As `parse` takes it, but without the password."""
        if self.scheme == "sqlite":
            return f"sqlite:///{self.name}"
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port is not None else ""
        options = "&".join(f"{key}={quote(value)}" for key, value in self.options)
        question = f"?{options}" if options else ""
        return f"{self.scheme}://{user}{host}{port}/{quote(self.name)}{question}"


def check_driver(scheme: Scheme) -> None:
    """Raise ValueError, with the command that helps, when the driver isn't installed."""
    if scheme == "sqlite":
        return
    package, _, extra = DRIVERS[scheme]
    if find_spec(package) is None:
        raise ValueError(
            f"{scheme}:// needs the Python package {package}, which isn't installed: "
            f"pip install 'ser[{extra}]', or make install EXTRAS={extra}"
        )


def default_url() -> DatabaseUrl:
    """SQLite: in /var/lib/ser for root and who may write there, else at the user's own place.

    Who was root has no place: HOME still says root's, and the service's is meant, writable or not.
    """
    service = DatabaseUrl("sqlite", str(SERVICE_DIRECTORY / FILE_NAME))
    if os.geteuid() == 0 or os.access(SERVICE_DIRECTORY, os.W_OK | os.X_OK):
        return service
    state = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):
        return DatabaseUrl("sqlite", str(Path(state) / "ser" / FILE_NAME))
    home = Path.home()
    if SERVICE_DIRECTORY.is_dir() and not os.access(home, os.W_OK | os.X_OK):
        return service
    return DatabaseUrl("sqlite", str(home / ".local" / "state" / "ser" / FILE_NAME))


def _parse_sqlite(rest: str) -> DatabaseUrl:
    host, slash, path = rest.partition("/")
    if host or not slash:
        raise ValueError(
            "behind sqlite: stand three slashes and a path, as in sqlite:////var/lib/ser/ser.db "
            "or, below the working directory, sqlite:///ser.db"
        )
    path = unquote(path)
    if not path or path.startswith(":memory:"):
        raise ValueError("sqlite:/// needs a file: each process would have memory of its own")
    if path.endswith("/"):
        raise ValueError(f"{path} is a directory; sqlite:/// needs a file")
    absolute = Path(path).absolute()
    if not path.startswith("/") and not absolute.parent.is_dir():
        raise ValueError(
            f"there is no directory {absolute.parent}; an absolute path has four slashes: "
            f"sqlite:////{path}"
        )
    return DatabaseUrl("sqlite", str(absolute))


def _parse_server(scheme: Scheme, rest: str) -> DatabaseUrl:
    # The last @ before the path: SER's passwords may hold one, too.
    location, question, query = rest.partition("?")
    credentials, _, place = location.rpartition("@")
    address, slash, name = place.partition("/")
    name = unquote(name)
    if not slash or not name or "/" in name:
        raise ValueError(f"{scheme}:// ends with / and the name of the database, as in /ser")
    user, _, password = credentials.partition(":")
    host, port = _parse_address(scheme, address)
    return DatabaseUrl(
        scheme,
        name,
        unquote(user),
        unquote(password),
        host,
        port,
        _parse_options(scheme, query) if question else (),
    )


def _parse_address(scheme: Scheme, address: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(\d{1,5}))?", address)
    if match is None or (match[2] and not 0 < int(match[2]) < 65536):
        raise ValueError(
            f"{scheme}:// takes a host, or [IPv6], and perhaps :PORT, before the database's name; "
            "a / or ? in the password is written %2F or %3F"
        )
    return match[1].strip("[]"), int(match[2]) if match[2] else None


def _parse_options(scheme: Scheme, query: str) -> tuple[tuple[str, str], ...]:
    options = tuple(parse_qsl(query, keep_blank_values=True))
    for key, _ in options:
        if key not in OPTIONS[scheme]:
            known = ", ".join(sorted(OPTIONS[scheme]))
            raise ValueError(f"{scheme}:// knows no option {key!r} behind the ?; there are {known}")
    return options

"""Subscribers: who they are, and the hashes that their phones prove to know.

Functions of a connection, to be called inside a transaction. None of them checks names (see
`names`), none keeps a password in clear unless it is told to.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, insert, select, update
from sqlalchemy.sql import ColumnElement

from ser_core.database.tables import subscriber
from ser_core.sip.digest import Algorithm, ha1_of

PAGE: Final = 500
"""Rows that are fetched at a time."""

_COLUMNS: Final = (
    subscriber.c.username,
    subscriber.c.domain,
    subscriber.c.email_address,
    subscriber.c.rpid,
    subscriber.c.datetime_created,
    subscriber.c.datetime_modified,
)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One row, without what proves a password."""

    username: str
    domain: str
    email: str
    rpid: str | None
    created: float | None
    """Unix seconds."""
    modified: float | None


def hashes_of(username: str, domain: str, password: str, *, clear: bool = False) -> dict[str, str]:
    """The columns that stand for a password; `password` itself only when `clear`.

    The realm is the domain. ha1b is for phones that put user@domain into `username`.
    """
    user, realm, secret = username.encode(), domain.encode(), password.encode()
    address = b"%b@%b" % (user, realm)
    return {
        "ha1": ha1_of(Algorithm.MD5, user, realm, secret).decode(),
        "ha1b": ha1_of(Algorithm.MD5, address, realm, secret).decode(),
        "ha1_sha256": ha1_of(Algorithm.SHA_256, user, realm, secret).decode(),
        "ha1b_sha256": ha1_of(Algorithm.SHA_256, address, realm, secret).decode(),
        "password": password if clear else "",
    }


def find(connection: Connection, username: str, domain: str) -> Subscriber | None:
    """The subscriber of that name; None when there is none."""
    row = connection.execute(select(*_COLUMNS).where(_is(username, domain))).first()
    return None if row is None else Subscriber(*row)


def name_alike(connection: Connection, username: str, domain: str) -> str | None:
    """The name of another subscriber of the domain that differs in case only; None: there is none.

    The registrar takes them for the same, so each could register as the other.
    """
    name = subscriber.c.username
    found = connection.execute(
        select(name).where(
            func.lower(name) == username.lower(), name != username, subscriber.c.domain == domain
        )
    ).first()
    return None if found is None else found[0]


def add(
    connection: Connection,
    username: str,
    domain: str,
    hashes: dict[str, str],
    *,
    email: str,
    now: float,
) -> None:
    """Add one. Raises sqlalchemy.exc.IntegrityError when there is one of that name."""
    connection.execute(
        insert(subscriber).values(
            username=username,
            domain=domain,
            email_address=email,
            datetime_created=now,
            datetime_modified=now,
            phplib_id=secrets.token_hex(16),  # serweb's; SER put the HA1 there
            **hashes,
        )
    )


def change(
    connection: Connection,
    username: str,
    domain: str,
    now: float,
    **values: Any,  # Any: each column has its own type
) -> bool:
    """Set columns of a subscriber; False when there is none."""
    statement = update(subscriber).where(_is(username, domain))
    result = connection.execute(statement.values(datetime_modified=now, **values))
    return result.rowcount > 0


def remove(connection: Connection, username: str, domain: str) -> bool:
    """Take one out; False when there was none."""
    return connection.execute(delete(subscriber).where(_is(username, domain))).rowcount > 0


def count(connection: Connection) -> int:
    """How many there are."""
    return int(connection.execute(select(func.count()).select_from(subscriber)).scalar_one())


def each(connection: Connection, beginning: str = "") -> Iterator[Subscriber]:
    """All of them by domain and name; `beginning`: whose name begins so, for completion."""
    statement = select(*_COLUMNS).order_by(subscriber.c.domain, subscriber.c.username)
    if beginning:
        statement = statement.where(subscriber.c.username.startswith(beginning, autoescape=True))
    for row in connection.execute(statement, execution_options={"yield_per": PAGE}):
        yield Subscriber(*row)


def _is(username: str, domain: str) -> ColumnElement[bool]:
    return and_(subscriber.c.username == username, subscriber.c.domain == domain)

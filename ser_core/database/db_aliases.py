"""Aliases in the table of alias_db: other names of subscribers, which need no registration."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, delete, insert, select
from sqlalchemy.sql import ColumnElement

from ser_core.database.tables import dbaliases


class Alias(NamedTuple):
    """A name and whom it means."""

    alias_username: str
    alias_domain: str
    username: str
    domain: str


def find(connection: Connection, username: str, domain: str) -> Alias | None:
    """The alias of that name; None when there is none."""
    row = connection.execute(_all().where(_is(username, domain))).first()
    return None if row is None else Alias(*row)


def aliases(
    connection: Connection, username: str | None = None, domain: str | None = None
) -> list[Alias]:
    """All, or those that mean one subscriber."""
    statement = _all().order_by(dbaliases.c.alias_domain, dbaliases.c.alias_username)
    if username is not None and domain is not None:
        statement = statement.where(_means(username, domain))
    return [Alias(*row) for row in connection.execute(statement)]


def remove(connection: Connection, username: str, domain: str) -> bool:
    """Take the alias of that name out; False when there was none."""
    return connection.execute(delete(dbaliases).where(_is(username, domain))).rowcount > 0


def remove_of(connection: Connection, username: str, domain: str) -> int:
    """Take out all aliases that mean a subscriber; how many."""
    return connection.execute(delete(dbaliases).where(_means(username, domain))).rowcount


def add(connection: Connection, alias: Alias) -> None:
    """Add one. Raises sqlalchemy.exc.IntegrityError when there is one of that name."""
    connection.execute(insert(dbaliases).values(**alias._asdict()))


def _all() -> Select[str, str, str, str]:
    column = dbaliases.c
    return select(column.alias_username, column.alias_domain, column.username, column.domain)


def _means(username: str, domain: str) -> ColumnElement[bool]:
    return and_(dbaliases.c.username == username, dbaliases.c.domain == domain)


def _is(username: str, domain: str) -> ColumnElement[bool]:
    return and_(dbaliases.c.alias_username == username, dbaliases.c.alias_domain == domain)

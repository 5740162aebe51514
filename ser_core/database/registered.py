"""Registrations as the tables of usrloc have them, for who looks in from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import Connection, and_, delete, func, inspect, or_, select
from sqlalchemy.sql import ColumnElement

from ser_core.database.tables import location_table

PAGE: Final = 500
"""Rows that are fetched at a time."""


class Contact(NamedTuple):
    """A row of the table."""

    username: str
    domain: str
    """Empty with use_domain=0: then all domains share their users."""
    contact: str
    expires: float | None
    """Unix seconds; None, or 0: never."""
    q: float
    user_agent: str


def contacts(
    connection: Connection, table: str, username: str | None = None, domain: str = ""
) -> Iterator[Contact]:
    """All rows of a usrloc table, or those of one user; none where there is no such table."""
    if not inspect(connection).has_table(table):
        return
    there = location_table(table)
    column = there.c
    statement = select(
        column.username, column.domain, column.contact, column.expires, column.q, column.user_agent
    ).order_by(column.domain, column.username, column.id)
    if username is not None:
        statement = statement.where(_of(there.c, username, domain))
    for row in connection.execute(statement, execution_options={"yield_per": PAGE}):
        yield Contact(*row)


def remove(connection: Connection, table: str, username: str, domain: str) -> int:
    """Take out what a user has registered; how many rows."""
    if not inspect(connection).has_table(table):
        return 0
    there = location_table(table)
    return connection.execute(delete(there).where(_of(there.c, username, domain))).rowcount


def _of(column: object, username: str, domain: str) -> ColumnElement[bool]:
    """ser keeps names in lower case, unless the registrar is told that case matters."""
    user, host = column.username, column.domain  # type: ignore[attr-defined]  # of location_table
    name = or_(user == username, user == func.lower(username))
    return and_(name, or_(host == domain, host == "", host.is_(None)))

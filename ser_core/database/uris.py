"""URIs: the user parts that a subscriber may use, as check_to() and check_from() ask."""

from __future__ import annotations

from sqlalchemy import Connection, and_, delete, insert, select
from sqlalchemy.sql import ColumnElement

from ser_core.database.tables import uri


def uris_of(connection: Connection, username: str, domain: str) -> list[str]:
    """The user parts, in alphabetical order."""
    statement = select(uri.c.uri_user).where(_of(username, domain)).order_by(uri.c.uri_user)
    return list(connection.execute(statement).scalars())


def add(connection: Connection, username: str, domain: str, uri_user: str, now: float) -> bool:
    """Let a subscriber use a user part; False when he may already."""
    if connection.execute(
        select(uri.c.uri_user).where(_of(username, domain), uri.c.uri_user == uri_user)
    ).first():
        return False
    connection.execute(
        insert(uri).values(username=username, domain=domain, uri_user=uri_user, last_modified=now)
    )
    return True


def remove_all(connection: Connection, username: str, domain: str) -> int:
    """Take all of a subscriber's out; how many."""
    return connection.execute(delete(uri).where(_of(username, domain))).rowcount


def _of(username: str, domain: str) -> ColumnElement[bool]:
    return and_(uri.c.username == username, uri.c.domain == domain)

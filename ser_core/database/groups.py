"""Groups: what a subscriber may do, as ser.cfg asks with is_user_in()."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select
from sqlalchemy.sql import ColumnElement

from ser_core.database.tables import grp


class Membership(NamedTuple):
    """A subscriber is in a group."""

    username: str
    domain: str
    group: str
    since: float | None
    """Unix seconds."""


def memberships(
    connection: Connection, username: str | None = None, domain: str | None = None
) -> list[Membership]:
    """All, or those of one subscriber."""
    column = grp.c
    statement = select(column.username, column.domain, column.grp, column.last_modified)
    if username is not None and domain is not None:
        statement = statement.where(_of(username, domain))
    ordered = statement.order_by(column.domain, column.username, column.grp)
    return [Membership(*row) for row in connection.execute(ordered)]


def grant(connection: Connection, username: str, domain: str, group: str, now: float) -> bool:
    """Put a subscriber into a group; False when he is in it already."""
    if connection.execute(
        select(grp.c.grp).where(_of(username, domain), grp.c.grp == group)
    ).first():
        return False
    connection.execute(
        insert(grp).values(username=username, domain=domain, grp=group, last_modified=now)
    )
    return True


def revoke(connection: Connection, username: str, domain: str, group: str | None = None) -> int:
    """Take a subscriber out of a group, or out of all; out of how many."""
    statement = delete(grp).where(_of(username, domain))
    if group is not None:
        statement = statement.where(grp.c.grp == group)
    return connection.execute(statement).rowcount


def _of(username: str, domain: str) -> ColumnElement[bool]:
    return and_(grp.c.username == username, grp.c.domain == domain)

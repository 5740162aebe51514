"""Domains that ser is responsible for, as is_uri_host_local() asks."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from ser_core.database.tables import domain as table


class Domain(NamedTuple):
    """A domain, and when it came."""

    name: str
    since: float | None
    """Unix seconds."""


def domains(connection: Connection) -> list[Domain]:
    """All, in alphabetical order."""
    statement = select(table.c.domain, table.c.last_modified).order_by(table.c.domain)
    return [Domain(*row) for row in connection.execute(statement)]


def add(connection: Connection, name: str, now: float) -> bool:
    """Add one; False when it is there already."""
    if connection.execute(select(table.c.domain).where(table.c.domain == name)).first():
        return False
    connection.execute(insert(table).values(domain=name, last_modified=now))
    return True


def remove(connection: Connection, name: str) -> bool:
    """Take one out; False when it wasn't there."""
    return connection.execute(delete(table).where(table.c.domain == name)).rowcount > 0

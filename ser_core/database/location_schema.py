"""Location tables of other names, or with other columns, than those of every database of ser."""

from __future__ import annotations

from sqlalchemy import Connection, MetaData, Table, insert, inspect, select

from ser_core.database import tables
from ser_core.database.steps import add_missing, collated

NUMBER = tables.VERSIONS["location"]
"""What `version` says of each of them, as SER checks it."""


def prepare_table(connection: Connection, table: Table) -> None:
    """Make the table where it is missing, and the columns that it lacks; all else stays."""
    if not inspect(connection).has_table(table.name):
        copy = collated(table.to_metadata(MetaData()), connection)
        copy.create(connection)
    else:
        add_missing(connection, table)
    column = tables.version.c
    known = select(column.table_version).where(column.table_name == table.name)
    if connection.execute(known).first() is None:
        connection.execute(
            insert(tables.version).values(table_name=table.name, table_version=NUMBER)
        )

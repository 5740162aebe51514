"""The steps by which a database comes up to date; `schema` runs those that are missing, in order.

New steps go to the end of STEPS. Each must do no harm when it is run again, since MySQL can't undo
changes of tables: a step that broke off begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, MetaData, Table, inspect, select, text
from sqlalchemy.schema import CreateColumn

from ser_core.database import tables

Step = Callable[[Connection], None]

KEPT: Final = "_ser09"
"""Behind the name of a table of SER's that had to be made anew: its rows stay there, too."""


def make_tables(connection: Connection) -> None:
    """1: the tables, each where there is none of that name."""
    there = set(inspect(connection).get_table_names())
    copies = MetaData()
    for table in tables.metadata.sorted_tables:
        if table.name not in there:
            collated(table.to_metadata(copies), connection)
    copies.create_all(connection, checkfirst=False)


def remake_usrloc(connection: Connection) -> None:
    """2: SER's primary key of registrations and aliases has no room for a long contact."""
    quoted = connection.dialect.identifier_preparer.quote
    for table in (tables.location, tables.aliases):
        new, old = quoted(table.name), quoted(table.name + KEPT)
        if "id" not in columns_of(connection, table.name):
            connection.execute(text(f"ALTER TABLE {new} RENAME TO {old}"))
            collated(table.to_metadata(MetaData()), connection).create(connection)
        is_empty = connection.execute(select(table.c.id).limit(1)).first() is None
        if is_empty and inspect(connection).has_table(table.name + KEPT):
            there = columns_of(connection, table.name + KEPT)
            both = ", ".join(quoted(x.name) for x in table.columns if x.name in there)
            connection.execute(text(f"INSERT INTO {new} ({both}) SELECT {both} FROM {old}"))


def add_columns(connection: Connection) -> None:
    """3: columns that SER 0.9's tables haven't; its rows get their defaults."""
    for table in tables.metadata.sorted_tables:
        add_missing(connection, table)


STEPS: Final[tuple[Step, ...]] = (make_tables, remake_usrloc, add_columns)


def columns_of(connection: Connection, table: str) -> set[str]:
    """The names of a table's columns, as the database has them now."""
    return {column["name"] for column in inspect(connection).get_columns(table)}


def add_missing(connection: Connection, table: Table) -> None:
    """Add the columns that a table hasn't, but for a primary key."""
    there = columns_of(connection, table.name)
    quoted = connection.dialect.identifier_preparer.quote
    for column in table.columns:
        if column.name not in there and column.name != "id":
            clause = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {quoted(table.name)} ADD COLUMN {clause}"))


def collated(table: Table, connection: Connection) -> Table:
    """The table, on MySQL with names compared byte by byte, trailing blanks included."""
    if connection.dialect.name in ("sqlite", "postgresql"):
        return table
    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    table.dialect_options["mysql"]["default_charset"] = "utf8mb4"
    table.dialect_options["mysql"]["engine"] = "InnoDB"
    collation = "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
    table.dialect_options["mysql"]["collate"] = collation
    return table

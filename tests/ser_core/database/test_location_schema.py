from __future__ import annotations

from sqlalchemy import insert, inspect, select, text

from ser_core.database.engine import make_engine
from ser_core.database.location_schema import NUMBER, prepare_table
from ser_core.database.tables import location_table, version
from ser_core.database.url import DatabaseUrl


def test_a_table_that_is_missing_is_made_and_noted(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    table = location_table("own", {"username": "user"})
    for _ in range(2):
        with engine.begin() as connection:
            prepare_table(connection, table)
    with engine.begin() as connection:
        connection.execute(insert(table).values(username="joe", contact="sip:joe@h"))
        number = select(version.c.table_version).where(version.c.table_name == "own")
        assert connection.execute(number).scalars().all() == [NUMBER]
    engine.dispose()


def test_columns_that_a_table_lacks_are_added_and_its_rows_stay(database_url: DatabaseUrl) -> None:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE own (id INTEGER PRIMARY KEY, username VARCHAR(64))"))
        connection.execute(text("INSERT INTO own (id, username) VALUES (1, 'joe')"))
    table = location_table("own")
    with engine.begin() as connection:
        prepare_table(connection, table)
    with engine.begin() as connection:
        assert {x.name for x in table.columns} <= {
            x["name"] for x in inspect(connection).get_columns("own")
        }
        assert connection.execute(select(table.c.username, table.c.q)).all() == [("joe", 1.0)]
    engine.dispose()

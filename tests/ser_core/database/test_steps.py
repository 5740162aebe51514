"""An upgrade of SER 0.9's own tables, each step run again and again."""

from __future__ import annotations

from sqlalchemy import Connection, select, text

from ser_core.database import schema, tables
from ser_core.database.engine import make_engine
from ser_core.database.steps import STEPS, make_tables, remake_usrloc
from ser_core.database.url import DatabaseUrl

SUBSCRIBER = """
CREATE TABLE subscriber (
    phplib_id varchar(32) NOT NULL DEFAULT '' UNIQUE,
    username varchar(64) NOT NULL DEFAULT '',
    domain varchar(128) NOT NULL DEFAULT '',
    password varchar(25) NOT NULL DEFAULT '',
    email_address varchar(50) NOT NULL DEFAULT '',
    ha1 varchar(128) NOT NULL DEFAULT '',
    ha1b varchar(128) NOT NULL DEFAULT '',
    rpid varchar(128) DEFAULT NULL,
    PRIMARY KEY (username, domain)
)"""
USRLOC = """
CREATE TABLE {} (
    username varchar(64) NOT NULL DEFAULT '',
    domain varchar(128) NOT NULL DEFAULT '',
    contact varchar(255) NOT NULL DEFAULT '',
    q float NOT NULL DEFAULT 1.0,
    callid varchar(255) NOT NULL DEFAULT 'Default-Call-ID',
    cseq int NOT NULL DEFAULT 42,
    flags int NOT NULL DEFAULT 0,
    user_agent varchar(50) NOT NULL DEFAULT '',
    PRIMARY KEY (username, domain, contact)
)"""


def make_sers(connection: Connection) -> None:
    """What is left of a SER of 2004: a subscriber and an alias."""
    for statement in (SUBSCRIBER, USRLOC.format("location"), USRLOC.format("aliases")):
        connection.execute(text(statement))
    connection.execute(
        text("INSERT INTO subscriber (phplib_id, username, domain, ha1) VALUES ('1','joe','d','h')")
    )
    connection.execute(
        text("INSERT INTO aliases (username, contact, flags) VALUES ('1234', 'sip:joe@d', 128)")
    )


def test_a_database_of_ser_becomes_ours_and_keeps_its_rows(
    empty_database_url: DatabaseUrl,
) -> None:
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        make_sers(connection)
    schema.prepare(engine)
    with engine.connect() as connection:
        [joe] = connection.execute(select(tables.subscriber)).mappings()
        [alias] = connection.execute(select(tables.aliases)).mappings()
        assert not connection.execute(select(tables.location)).all()
        assert connection.execute(text("SELECT count(*) FROM aliases_ser09")).scalar() == 1
    assert (joe["username"], joe["ha1"], joe["ha1_sha256"]) == ("joe", "h", "")
    assert (alias["username"], alias["contact"], alias["flags"]) == ("1234", "sip:joe@d", 128)
    assert alias["id"] == 1
    engine.dispose()


def test_an_upgrade_that_broke_off_is_taken_up_again_wherever_it_was(
    empty_database_url: DatabaseUrl,
) -> None:
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        make_sers(connection)
    for count in range(1, len(STEPS) + 1):
        for step in STEPS[:count]:
            with engine.begin() as connection:
                step(connection)
    schema.prepare(engine)
    with engine.connect() as connection:
        assert len(connection.execute(select(tables.aliases)).all()) == 1
        assert len(connection.execute(select(tables.subscriber)).all()) == 1
    engine.dispose()


def test_rows_are_copied_even_when_it_broke_off_between_two_changes_of_tables(
    empty_database_url: DatabaseUrl,
) -> None:
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        make_sers(connection)
        connection.execute(text("ALTER TABLE aliases RENAME TO aliases_ser09"))
    with engine.begin() as connection:
        make_tables(connection)
        remake_usrloc(connection)
        remake_usrloc(connection)
        assert len(connection.execute(select(tables.aliases)).all()) == 1
    engine.dispose()

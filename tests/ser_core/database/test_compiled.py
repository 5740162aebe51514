from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, bindparam, insert, select

from ser_core.database.compiled import Compiled
from ser_core.database.engine import make_engine
from ser_core.database.straight import Kept, Plain
from ser_core.database.tables import grp
from ser_core.database.url import DatabaseUrl

HOSTILE = "x' OR '1'='1"
MEMBERS = [("joe", "a.example"), ("joe", "b.example"), ("jane", "a.example"), (HOSTILE, "100%s ?")]


@pytest.fixture
def engine(database_url: DatabaseUrl) -> Iterator[Engine]:
    made = make_engine(database_url)
    with made.begin() as connection:
        rows = [{"username": user, "domain": domain, "grp": "pstn"} for user, domain in MEMBERS]
        connection.execute(insert(grp), rows)
    yield made
    made.dispose()


@pytest.fixture
def plain(engine: Engine) -> Iterator[Plain]:
    kept = Kept(engine)
    yield kept.take(lambda: False)
    kept.give_back()


def of_user() -> Compiled:
    # The values' order isn't the alphabet's, and one is in the statement itself.
    wanted = select(grp.c.domain).where(
        grp.c.username == bindparam("user"), grp.c.domain == bindparam("domain")
    )
    return Compiled(wanted.limit(5))


def test_it_finds_what_sqlalchemy_finds(plain: Plain) -> None:
    query = of_user()
    for user, domain in MEMBERS:
        assert [tuple(x) for x in query.rows(plain, {"user": user, "domain": domain})] == [
            (domain,)
        ]
    assert list(query.rows(plain, {"user": "jane", "domain": "b.example"})) == []


def test_the_same_goes_over_sqlalchemys_connection(engine: Engine) -> None:
    query = of_user()
    with engine.connect() as connection:
        found = query.rows(connection, {"user": "joe", "domain": "b.example"})
        assert [tuple(x) for x in found] == [("b.example",)]


def test_a_value_is_never_a_part_of_the_statement(plain: Plain) -> None:
    query = of_user()
    assert list(query.rows(plain, {"user": HOSTILE, "domain": "a.example"})) == []
    assert len(list(query.rows(plain, {"user": HOSTILE, "domain": "100%s ?"}))) == 1


def test_what_stands_in_the_statement_counts(plain: Plain) -> None:
    both = Compiled(select(grp.c.domain).where(grp.c.username == bindparam("user")))
    first = Compiled(select(grp.c.domain).where(grp.c.username == bindparam("user")).limit(1))
    assert len(list(both.rows(plain, {"user": "joe"}))) == 2
    assert len(list(first.rows(plain, {"user": "joe"}))) == 1


def test_a_value_that_is_missing_is_a_mistake(database_url: DatabaseUrl, plain: Plain) -> None:
    if database_url.scheme != "sqlite":  # their drivers raise errors of their own
        return
    with pytest.raises(KeyError):
        of_user().rows(plain, {"user": "joe"})

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from sqlalchemy import Connection, Engine, text

from ser_core.database.engine import make_engine
from ser_core.database.errors import DatabaseDown
from ser_core.database.jobs import Job
from ser_core.database.url import DatabaseUrl
from ser_core.registrar.location import Binding, LocationError, Totals
from ser_core.registrar.rows import Rows
from ser_core.registrar.sql_location import SqlLocation
from tests.support.registrar import START, binding

T = TypeVar("T")
TABLE = "location"


@pytest.fixture
def engine(database_url: DatabaseUrl) -> Iterator[Engine]:
    made = make_engine(database_url, pool_size=4)
    yield made
    made.dispose()


def location_over(engine: Engine, *, use_domain: bool = False) -> SqlLocation:
    def run(work: Callable[[Connection], T], *, writes: bool = False) -> T:
        return Job(work, writes=writes).carry_out(engine)

    rows = {x: Rows(x, use_domain=use_domain) for x in (TABLE, "aliases")}
    return SqlLocation(run, rows, wall_clock=lambda: START)


@pytest.fixture
def location(engine: Engine) -> SqlLocation:
    return location_over(engine)


def store(location: SqlLocation, aor: bytes, *bindings: Binding) -> None:
    location.update(TABLE, aor, lambda stored: list(bindings))


def test_a_record_is_stored_found_and_deleted(location: SqlLocation) -> None:
    assert location.get(TABLE, b"joe") == []
    store(location, b"joe", binding(b"sip:joe@h"))
    assert location.get(TABLE, b"joe") == [binding(b"sip:joe@h")]
    assert location.get("aliases", b"joe") == []
    assert location.delete(TABLE, b"joe")
    assert not location.delete(TABLE, b"joe")


def test_a_change_that_raises_changes_nothing(location: SqlLocation) -> None:
    store(location, b"joe", binding(b"sip:joe@h"))

    def change(stored: list[Binding]) -> list[Binding]:
        raise KeyError

    with pytest.raises(KeyError):
        location.update(TABLE, b"joe", change)
    assert location.get(TABLE, b"joe") == [binding(b"sip:joe@h")]


def test_of_changes_at_the_same_time_none_is_lost(location: SqlLocation) -> None:
    def add(number: int) -> None:
        new = binding(b"sip:%d@h" % number)
        location.update(TABLE, b"joe", lambda stored: [*stored, new])

    threads = [threading.Thread(target=add, args=(x,)) for x in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {x.uri for x in location.get(TABLE, b"joe")} == {b"sip:%d@h" % x for x in range(4)}


def test_what_has_expired_is_removed_and_told(location: SqlLocation) -> None:
    over, valid = binding(b"sip:over@h", expires_at=START), binding(b"sip:valid@h")
    store(location, b"joe", over, valid)
    removed, more = location.expire(START + 1, 10)
    assert [(x.aor, x.binding) for x in removed] == [(b"joe", over)]
    assert not more
    assert location.get(TABLE, b"joe") == [valid]
    assert location.totals(TABLE) == Totals(1, 1, 1)


@pytest.mark.parametrize("use_domain", [False, True])
def test_pages_lead_through_the_whole_table_both_ways(engine: Engine, use_domain: bool) -> None:
    location = location_over(engine, use_domain=use_domain)
    suffix = b"@h" if use_domain else b""
    users = [b"u%d" % x + suffix for x in range(5)]
    for user in users:
        store(location, user, binding(b"sip:a@h"), binding(b"sip:b@h"))
    for backwards in (False, True):
        seen: list[bytes] = []
        after = None
        while page := location.page(TABLE, after, 2, backwards=backwards):
            seen += [aor for aor, _ in page]
            after = seen[-1]
        assert seen == (users[::-1] if backwards else users)
    assert location.skip(TABLE, None, 5, 100) == (users[1], 4)


def insert(engine: Engine, user: str, domain: str, expires: str) -> None:
    """A row that somebody else has written."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO location (username, domain, contact, expires, q, callid, cseq, flags,"
                " user_agent) VALUES (:user, :domain, 'sip:a@h', :expires, -1, 'c', 1, 0, 'x')"
            ),
            {"user": user, "domain": domain, "expires": expires},
        )


@pytest.mark.parametrize("backwards", [False, True])
def test_pages_pass_over_rows_that_belong_to_no_record(engine: Engine, backwards: bool) -> None:
    location = location_over(engine, use_domain=True)
    users = [b"a@h", b"z@h"]
    for user in users:
        store(location, user, binding())
    for name, domain in (("b", ""), ("c", ""), ("d", ""), ("a\\b", "h"), ("c\\", "h")):
        insert(engine, name, domain, "2036-01-01 00:00:00")
    seen: list[bytes] = []
    after = None
    while page := location.page(TABLE, after, 2, backwards=backwards):
        seen += [aor for aor, _ in page]
        after = seen[-1]
        assert len(seen) <= 2
    assert seen == (users[::-1] if backwards else users)


def test_rows_that_belong_to_no_record_expire_and_hold_up_no_others(engine: Engine) -> None:
    location = location_over(engine, use_domain=True)
    for user in ("a", "b", "c"):
        insert(engine, user, "", "2001-01-01 00:00:00")
    store(location, b"z@h", binding(expires_at=START))
    removed: list[bytes] = []
    more = True
    while more:
        expired, more = location.expire(START + 1, 2)
        removed += [x.aor for x in expired]
    assert removed == [b"z@h"]
    assert location.totals(TABLE) == Totals(0, 0, 4)


def test_there_are_the_tables_that_were_named_and_no_others(location: SqlLocation) -> None:
    assert location.domains() == ["aliases", "location"]
    location.add_domain("aliases")
    with pytest.raises(LocationError, match="needs a restart"):
        location.add_domain("other")


def test_a_database_that_is_away_is_an_error_of_the_table() -> None:
    def run(work: Callable[[Connection], T], *, writes: bool = False) -> T:
        raise DatabaseDown("away")

    location = SqlLocation(run, {TABLE: Rows(TABLE)})
    with pytest.raises(LocationError, match="away"):
        location.get(TABLE, b"joe")

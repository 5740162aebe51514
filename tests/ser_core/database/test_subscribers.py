from __future__ import annotations

from hashlib import md5, sha256

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from ser_core.database import subscribers
from ser_core.database.tables import subscriber
from ser_core.database.url import DatabaseUrl
from tests.support.databases import run_work

HASHES = subscribers.hashes_of("joe", "example.com", "heslo")


def add(connection: Connection, name: str, domain: str = "example.com") -> None:
    hashes = subscribers.hashes_of(name, domain, "heslo")
    subscribers.add(connection, name, domain, hashes, email=f"{name}@example.net", now=5.0)


def test_a_password_is_kept_as_sums_for_md5_and_sha256() -> None:
    assert HASHES["ha1"] == md5(b"joe:example.com:heslo").hexdigest()
    assert HASHES["ha1b"] == md5(b"joe@example.com:example.com:heslo").hexdigest()
    assert HASHES["ha1_sha256"] == sha256(b"joe:example.com:heslo").hexdigest()
    assert HASHES["ha1b_sha256"] == sha256(b"joe@example.com:example.com:heslo").hexdigest()
    assert HASHES["password"] == ""
    assert subscribers.hashes_of("joe", "d", "heslo", clear=True)["password"] == "heslo"


def test_a_subscriber_from_beginning_to_end(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        add(connection, "joe")
        found = subscribers.find(connection, "joe", "example.com")
        assert found == subscribers.Subscriber(
            "joe", "example.com", "joe@example.net", None, 5.0, 5.0
        )
        assert subscribers.change(connection, "joe", "example.com", 6.0, rpid="+1")
        found = subscribers.find(connection, "joe", "example.com")
        assert found is not None
        assert (found.rpid, found.created, found.modified) == ("+1", 5.0, 6.0)
        assert not subscribers.change(connection, "bob", "example.com", 6.0, rpid="+1")
        assert subscribers.count(connection) == 1
        assert subscribers.remove(connection, "joe", "example.com")
        assert not subscribers.remove(connection, "joe", "example.com")
        assert subscribers.find(connection, "joe", "example.com") is None

    run_work(database_url, work)


def test_nothing_of_the_password_is_in_the_row(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        add(connection, "joe")
        [row] = connection.execute(select(subscriber)).all()
        assert "heslo" not in str(row)

    run_work(database_url, work)


def test_two_of_one_name_cant_be(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        add(connection, "joe")
        add(connection, "joe", "example.org")
        with pytest.raises(IntegrityError), connection.begin_nested():
            add(connection, "joe")

    run_work(database_url, work)


def test_names_that_differ_in_case_are_alike(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        add(connection, "Joe")
        assert subscribers.name_alike(connection, "joe", "example.com") == "Joe"
        assert subscribers.name_alike(connection, "Joe", "example.com") is None
        assert subscribers.name_alike(connection, "joe", "example.org") is None
        assert subscribers.name_alike(connection, "bob", "example.com") is None

    run_work(database_url, work)


def test_a_beginning_is_text_whatever_signs_it_has(database_url: DatabaseUrl) -> None:
    def work(connection: Connection) -> None:
        for name in ("100%", "100", "1_0", "bob"):
            add(connection, name)

        def names(beginning: str) -> list[str]:
            return sorted(each.username for each in subscribers.each(connection, beginning))

        assert names("100%") == ["100%"]
        assert names("1_") == ["1_0"]
        assert names("'") == []
        assert names("") == ["100", "100%", "1_0", "bob"]

    run_work(database_url, work)

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from ser_core.database import subscribers
from ser_core.database.engine import make_engine
from ser_core.database.url import DatabaseUrl
from ser_core.modules.auth_db.query import MAX_NAME, SubscriberQuery, as_name, hash_of
from ser_core.sip.credentials import Credentials
from ser_core.sip.digest import Algorithm
from tests.support.credentials import parse_credentials
from tests.support.digest_client import Challenge, ha1

MD5, SHA_256 = Algorithm.MD5, Algorithm.SHA_256


@pytest.fixture
def connection(database_url: DatabaseUrl) -> Iterator[Connection]:
    engine = make_engine(database_url)
    with engine.begin() as made:
        for user, domain in (("joe", "a.example"), ("joe", "b.example"), ("jane", "a.example")):
            hashes = subscribers.hashes_of(user, domain, "secret")
            subscribers.add(made, user, domain, hashes, email="", now=1.0)
        subscribers.change(made, "joe", "a.example", 1.0, rpid="+431234")
        yield made
    engine.dispose()


def query(*, use_domain: bool = True, secret: str = "ha1") -> SubscriberQuery:
    return SubscriberQuery(
        "subscriber",
        user_column="username",
        domain_column="domain",
        secret_column=secret,
        attributes=["rpid", "allow_find"],
        use_domain=use_domain,
    )


def credentials(user: str = "joe", realm: str = "a.example") -> Credentials:
    value = Challenge({"realm": realm, "nonce": "n"}).answer("INVITE", "sip:x", user)
    return parse_credentials(value.encode())


def test_a_user_is_found_with_hash_and_attributes(connection: Connection) -> None:
    (row,) = query().rows(connection, "joe", "a.example")
    assert row.secret == ha1("joe", "a.example", "secret")
    assert row.attributes == ("+431234", "0")


def test_the_column_for_sha_256_is_found(connection: Connection) -> None:
    (row,) = query(secret="ha1_sha256").rows(connection, "joe", "a.example")
    assert row.secret == ha1("joe", "a.example", "secret", "SHA-256")


def test_domains_count_when_they_shall(connection: Connection) -> None:
    assert query().rows(connection, "jane", "b.example") == []
    assert len(query(use_domain=False).rows(connection, "jane", "b.example")) == 1
    assert len(query(use_domain=False).rows(connection, "joe", "")) == 2


@pytest.mark.parametrize("user", ["JOE", "joe ", "jo%", "jo_", "' OR ''='", "jöe"])
def test_a_name_is_found_when_it_is_the_same_byte_for_byte(
    connection: Connection, user: str
) -> None:
    assert query().rows(connection, user, "a.example") == []


def test_somebody_without_a_hash_is_noticed(connection: Connection) -> None:
    assert query(secret="ha1_sha256").everybody_has_one(connection)
    subscribers.change(connection, "jane", "a.example", 1.0, ha1_sha256="")
    assert not query(secret="ha1_sha256").everybody_has_one(connection)
    assert query(secret="ha1").everybody_has_one(connection)


def test_null_is_no_hash(connection: Connection) -> None:
    connection.execute(
        text("CREATE TABLE old (username VARCHAR(9), domain VARCHAR(9), ha VARCHAR(9))")
    )
    connection.execute(text("INSERT INTO old (username, domain) VALUES ('joe', 'x')"))
    asked = SubscriberQuery(
        "old", user_column="username", domain_column="domain", secret_column="ha", attributes=[],
        use_domain=False,
    )  # fmt: skip
    assert not asked.everybody_has_one(connection)
    assert asked.rows(connection, "joe", "x")[0].secret == ""
    connection.execute(text("DROP TABLE old"))


def test_a_hash_stands_for_itself() -> None:
    text = "0123456789abcdef" * 2
    assert hash_of(text, MD5, credentials(), is_password=False) == text.encode()
    assert hash_of(f" {text.upper()} ", MD5, credentials(), is_password=False) == text.encode()


@pytest.mark.parametrize("text", ["", "secret", "0" * 31, "0" * 64, "ü" * 32])
def test_what_is_no_hash_of_the_algorithm_stands_for_nothing(text: str) -> None:
    assert hash_of(text, MD5, credentials(), is_password=False) == b""


def test_a_password_becomes_a_hash() -> None:
    assert hash_of("secret", MD5, credentials(), is_password=True) == (
        ha1("joe", "a.example", "secret").encode()
    )
    assert hash_of("sücret", SHA_256, credentials(), is_password=True) == (
        ha1("joe", "a.example", "sücret", "SHA-256").encode()
    )
    assert hash_of("", MD5, credentials(), is_password=True) == b""


@pytest.mark.parametrize("name", [b"", b"a\0b", b"\xff", b"a" * (MAX_NAME + 1), b"\xed\xa0\x80"])
def test_names_that_no_database_has_are_not_looked_up(name: bytes) -> None:
    assert as_name(name) is None


def test_other_names_are_text() -> None:
    assert as_name("jöe".encode()) == "jöe"

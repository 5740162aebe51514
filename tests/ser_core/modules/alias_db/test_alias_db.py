from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from ser_core.database.tables import dbaliases
from ser_core.database.url import DatabaseUrl
from ser_core.modules import alias_db as package
from ser_core.modules.alias_db.alias_db import AliasDb
from ser_core.modules.api import FAILURE, REQUEST, commands_of, params_of
from ser_core.modules.asking import CANT_TELL, NO, YES
from ser_core.modules.auth_db.arguments import TableName
from tests.support.asking_core import AskingCore, asking_core, core_without_database, started
from tests.support.script_messages import in_script, request_bytes
from tests.support.script_messages import request_in_script as request

TABLE = TableName("dbaliases")


def alias(name: str, domain: str, user: str, of_domain: str = "example.com") -> dict[str, str]:
    return {"alias_username": name, "alias_domain": domain, "username": user, "domain": of_domain}


@pytest.fixture
def core(database_url: DatabaseUrl) -> Iterator[AskingCore]:
    with asking_core(database_url) as made:
        made.direct.fill(
            dbaliases,
            alias("4711", "example.com", "alice"),
            alias("office", "example.com", "bob"),
            alias("office", "example.net", "carol smith", "example.net"),
            alias("desk", "Example.ORG", "carol", "Example.ORG"),
            alias("nowhere", "example.com", "dave", "not a domain"),
            alias("nobody", "example.com", ""),
            alias("tricked", "example.com", "eve", "example.com;lr"),
        )
        yield made


def test_declarations_are_those_of_openser() -> None:
    assert package.MODULE is AliasDb
    (lookup,) = commands_of(AliasDb)
    assert (lookup.name, lookup.routes, lookup.blocking) == (
        "alias_db_lookup",
        REQUEST | FAILURE,
        True,
    )
    defaults = {made.name: made.default for made in params_of(AliasDb)}
    assert (
        defaults.items()
        >= {
            "user_column": "username",
            "domain_column": "domain",
            "alias_user_column": "alias_username",
            "alias_domain_column": "alias_domain",
            "use_domain": 0,
            "domain_prefix": "",
        }.items()
    )


def test_the_subscriber_takes_the_place_of_the_alias(core: AskingCore) -> None:
    module = started(AliasDb(), core)
    msg = request(core=core, uri="sip:4711@example.com:5070;transport=tcp")
    assert module.alias_db_lookup(msg, TABLE) is YES
    assert msg.uri == b"sip:alice@example.com"


def test_a_uri_stays_when_it_is_no_alias(core: AskingCore) -> None:
    module = started(AliasDb(), core)
    for uri in ("sip:alice@example.com", "sip:example.com", "tel:4711", "sip:'OR'1@x"):
        msg = request(core=core, uri=uri)
        assert module.alias_db_lookup(msg, TABLE) is NO
        assert msg.uri == uri.encode()


def test_with_use_domain_the_domain_counts(core: AskingCore) -> None:
    module = started(AliasDb(), core, use_domain=1)
    msg = request(core=core, uri="sips:office@EXAMPLE.net")
    assert module.alias_db_lookup(msg, TABLE) is YES
    assert msg.uri == b"sips:carol%20smith@example.net"
    assert module.alias_db_lookup(request(core=core, uri="sip:4711@example.net"), TABLE) is NO
    msg = request(core=core, uri="sip:desk@EXAMPLE.org.")
    assert module.alias_db_lookup(msg, TABLE) is YES
    assert msg.uri == b"sip:carol@Example.ORG"


def test_a_prefix_of_the_domain_is_taken_off(core: AskingCore) -> None:
    module = started(AliasDb(), core, use_domain=1, domain_prefix="SIP.")
    msg = request(core=core, uri="sip:4711@sip.example.com")
    assert module.alias_db_lookup(msg, TABLE) is YES


def test_a_row_that_gives_no_uri_is_told_and_left_alone(core: AskingCore) -> None:
    module = started(AliasDb(), core)
    for name in ("nowhere", "tricked", "nobody"):
        msg = request(core=core, uri=f"sip:{name}@example.com")
        assert module.alias_db_lookup(msg, TABLE) is NO
        assert msg.uri == f"sip:{name}@example.com".encode()
    assert ["can't be called" in text for _, text in core.logged] == [True] * 3


def test_a_row_of_nulls_is_told_and_left_alone(empty_database_url: DatabaseUrl) -> None:
    with asking_core(empty_database_url) as core:
        with core.direct.engine.begin() as connection:
            columns = "username, domain, alias_username, alias_domain"
            made = ", ".join(f"{name} varchar(64) NULL" for name in columns.split(", "))
            connection.execute(text(f"CREATE TABLE mine ({made})"))
            connection.execute(text(f"INSERT INTO mine ({columns}) VALUES (NULL, NULL, 'a', 'b')"))
        msg = request(core=core, uri="sip:a@b")
        assert started(AliasDb(), core).alias_db_lookup(msg, TableName("mine")) is NO
        assert "can't be called" in core.logged[0][1]


def test_without_a_database_a_route_answers_and_a_failure_route_goes_on() -> None:
    core = core_without_database()
    module = started(AliasDb(), core)
    assert module.alias_db_lookup(request(core=core), TABLE) is CANT_TELL
    assert core.replies[0].status == 500
    msg = in_script(request_bytes(), core, kind=FAILURE)
    assert module.alias_db_lookup(msg, TABLE) is NO
    assert len(core.replies) == 1


def test_a_table_that_isnt_there_is_told(core: AskingCore) -> None:
    module = started(AliasDb(), core)
    assert module.alias_db_lookup(request(core=core), TableName("nowhere")) is CANT_TELL
    assert core.logged[0][1].startswith("alias_db: ")


def test_what_is_no_name_stops_the_start() -> None:
    module = AliasDb()
    module.alias_user_column = "a b"
    with pytest.raises(ValueError, match="is not the name of a column"):
        module.check()

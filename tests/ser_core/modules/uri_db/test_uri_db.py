from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ser_core.database.tables import subscriber, uri
from ser_core.database.url import DatabaseUrl
from ser_core.modules import uri_db as package
from ser_core.modules.api import REQUEST, commands_of, params_of
from ser_core.modules.asking import CANT_TELL, NO, YES
from ser_core.modules.uri_db.uri_db import UriDb
from tests.support.asking_core import (
    AskingCore,
    asking_core,
    core_without_database,
    started,
    with_credentials,
)
from tests.support.script_messages import request_in_script as request


@pytest.fixture
def core(database_url: DatabaseUrl) -> Iterator[AskingCore]:
    with asking_core(database_url) as made:
        made.direct.fill(
            subscriber,
            {"username": "alice", "domain": "example.com", "phplib_id": "1"},
            {"username": "bob", "domain": "example.net", "phplib_id": "2"},
        )
        made.direct.fill(
            uri,
            {"username": "alice", "domain": "example.com", "uri_user": "4711"},
            {"username": "bob", "domain": "example.net", "uri_user": "office"},
        )
        yield made


@pytest.fixture
def no_database() -> AskingCore:
    return core_without_database()


def asks(core: AskingCore, to: str, user: str = "alice", **more: str) -> Any:
    return with_credentials(request(core=core, to=f"<{to}>"), user, **more)


def test_declarations_are_those_of_ser() -> None:
    assert package.MODULE is UriDb
    assert {made.name: made.routes for made in commands_of(UriDb)} == {
        "check_to": REQUEST,
        "check_from": REQUEST,
        "does_uri_exist": REQUEST,
    }
    defaults = {made.name: made.default for made in params_of(UriDb)}
    assert (
        defaults.items()
        >= {
            "uri_table": "uri",
            "uri_user_column": "username",
            "uri_domain_column": "domain",
            "uri_uriuser_column": "uri_user",
            "subscriber_table": "subscriber",
            "subscriber_user_column": "username",
            "subscriber_domain_column": "domain",
            "use_uri_table": 0,
            "use_domain": 0,
        }.items()
    )


def test_comparing_with_the_name_itself_waits_for_nobody() -> None:
    module = UriDb()
    assert not module.waits()
    module.use_uri_table = 1
    assert module.waits()


# -- check_to and check_from ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "answer"),
    [
        ("sip:alice@example.com", YES),
        ("sip:%61lice@example.com", YES),
        ("sip:alice@elsewhere.org", YES),
        ("sip:bob@example.com", NO),
        ("sip:Alice@example.com", NO),
        ("sip:alice%00@example.com", NO),
        ("sip:alicex@example.com", NO),
        ("sip:example.com", NO),
        ("tel:alice", NO),
    ],
)
def test_to_must_be_the_users_own(no_database: AskingCore, to: str, answer: int) -> None:
    module = started(UriDb(), no_database)
    assert module.check_to(asks(no_database, to)) is answer
    assert no_database.direct.asked == 0


def test_from_must_be_the_users_own(no_database: AskingCore) -> None:
    module = started(UriDb(), no_database)
    msg = request(core=no_database, from_="<sip:alice@x>;tag=1", to="<sip:bob@x>")
    assert module.check_from(with_credentials(msg, "alice")) is YES
    assert module.check_from(with_credentials(msg, "bob")) is NO


def test_credentials_that_nobody_has_checked_prove_nothing(no_database: AskingCore) -> None:
    module = started(UriDb(), no_database)
    credentials = 'Digest username="alice", realm="a", nonce="0", uri="", response="0"'
    msg = request(f"Authorization: {credentials}", core=no_database, to="<sip:alice@example.com>")
    assert module.check_to(msg) is NO
    assert no_database.logged == [(1, "check_to: no credentials have been checked")]


def test_with_use_domain_the_realm_must_be_the_domain(no_database: AskingCore) -> None:
    module = started(UriDb(), no_database, use_domain=1)
    assert module.check_to(asks(no_database, "sip:alice@Example.COM")) is YES
    assert module.check_to(asks(no_database, "sip:alice@elsewhere.org")) is NO
    named = asks(no_database, "sip:alice@elsewhere.org", domain="elsewhere.org")
    assert module.check_to(named) is YES


def test_with_the_table_of_uris_a_user_may_use_what_stands_there(core: AskingCore) -> None:
    module = started(UriDb(), core, use_uri_table=1)
    assert module.check_to(asks(core, "sip:4711@example.com")) is YES
    assert module.check_to(asks(core, "sip:office@example.com")) is NO
    assert module.check_to(asks(core, "sip:alice@example.com")) is NO
    assert module.check_to(asks(core, "sip:'OR''='@example.com")) is NO
    with_domain = started(UriDb(), core, use_uri_table=1, use_domain=1)
    assert with_domain.check_to(asks(core, "sip:4711@example.com")) is YES
    assert with_domain.check_to(asks(core, "sip:4711@example.net")) is NO
    other = asks(core, "sip:4711@example.net", realm="example.net")
    assert with_domain.check_to(other) is NO


# -- does_uri_exist ------------------------------------------------------------------------------


def test_a_uri_exists_when_its_user_is_a_subscriber(core: AskingCore) -> None:
    plain, with_domain = started(UriDb(), core), started(UriDb(), core, use_domain=1)
    for each, answer, answer_with_domain in [
        ("sip:alice@example.com", YES, YES),
        ("sip:alice@example.net", YES, NO),
        ("sip:ALICE@example.com", NO, NO),
        ("sip:carol@example.com", NO, NO),
        ("sip:4711@example.com", NO, NO),
        ("sip:example.com", NO, NO),
        ("tel:+49", NO, NO),
    ]:
        msg = request(core=core, uri=each)
        assert plain.does_uri_exist(msg) is answer, each
        assert with_domain.does_uri_exist(msg) is answer_with_domain, each


def test_a_uri_exists_when_somebody_may_use_it(core: AskingCore) -> None:
    module = started(UriDb(), core, use_uri_table=1)
    assert module.does_uri_exist(request(core=core, uri="sip:office@x")) is YES
    assert module.does_uri_exist(request(core=core, uri="sip:alice@x")) is NO
    with_domain = started(UriDb(), core, use_uri_table=1, use_domain=1)
    assert with_domain.does_uri_exist(request(core=core, uri="sip:office@example.net")) is YES
    assert with_domain.does_uri_exist(request(core=core, uri="sip:office@example.com")) is NO


def test_without_a_database_nobody_is_told_that_a_user_is_unknown(no_database: AskingCore) -> None:
    module = started(UriDb(), no_database)
    assert module.does_uri_exist(request(core=no_database)) is CANT_TELL
    assert no_database.replies[0].status == 500


@pytest.mark.parametrize("name", ["uri_table", "subscriber_table", "uri_uriuser_column"])
def test_what_is_no_name_stops_the_start(name: str) -> None:
    module = UriDb()
    module.__dict__[name] = "a b"
    with pytest.raises(ValueError, match="is not the name of a"):
        module.check()

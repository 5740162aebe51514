from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ser_core.database.tables import grp
from ser_core.database.url import DatabaseUrl
from ser_core.modules import group as package
from ser_core.modules.api import REQUEST, commands_of, params_of
from ser_core.modules.asking import CANT_TELL, NO, YES
from ser_core.modules.group.group import Group, Source
from tests.support.asking_core import (
    AskingCore,
    asking_core,
    core_without_database,
    started,
    with_credentials,
)
from tests.support.script_messages import FakeCore
from tests.support.script_messages import request_in_script as request


@pytest.fixture
def core(database_url: DatabaseUrl) -> Iterator[AskingCore]:
    with asking_core(database_url) as made:
        made.direct.fill(
            grp,
            {"username": "bob", "domain": "example.com", "grp": "pstn"},
            {"username": "bob", "domain": "example.net", "grp": "voicemail"},
            {"username": "it's", "domain": "example.com", "grp": "pstn"},
        )
        yield made


def test_declarations_are_those_of_ser() -> None:
    assert package.MODULE is Group
    (is_user_in,) = commands_of(Group)
    assert (is_user_in.routes, is_user_in.blocking) == (REQUEST, True)
    defaults = {made.name: made.default for made in params_of(Group)}
    assert (
        defaults.items()
        >= {
            "table": "grp",
            "user_column": "username",
            "domain_column": "domain",
            "group_column": "grp",
            "use_domain": 0,
        }.items()
    )


def test_a_user_is_looked_for_where_the_script_says(core: AskingCore) -> None:
    module = started(Group(), core)
    msg = request(core=core, uri="sip:bob@x", to="<sip:it's@x>", from_="<sip:eve@x>;tag=1")
    assert module.is_user_in(msg, Source.REQUEST_URI, "pstn") is YES
    assert module.is_user_in(msg, Source.TO, "pstn") is YES
    assert module.is_user_in(msg, Source.TO, "voicemail") is NO
    assert module.is_user_in(msg, Source.FROM, "pstn") is NO
    assert module.is_user_in(with_credentials(msg, "bob"), Source.CREDENTIALS, "pstn") is YES


def test_credentials_that_nobody_has_checked_are_nobodys() -> None:
    core = core_without_database()
    module = started(Group(), core)
    assert module.is_user_in(request(core=core), Source.CREDENTIALS, "pstn") is NO
    assert core.logged == [(1, "is_user_in: no credentials have been checked")]


def test_with_use_domain_the_domain_counts(core: AskingCore) -> None:
    module = started(Group(), core, use_domain=1)
    msg = request(core=core, uri="sip:bob@EXAMPLE.com")
    assert module.is_user_in(msg, Source.REQUEST_URI, "pstn") is YES
    assert module.is_user_in(msg, Source.REQUEST_URI, "voicemail") is NO
    by_realm = with_credentials(request(core=core), "bob", realm="example.net")
    assert module.is_user_in(by_realm, Source.CREDENTIALS, "voicemail") is YES
    by_name = with_credentials(request(core=core), "bob", domain="Example.net", realm="other")
    assert module.is_user_in(by_name, Source.CREDENTIALS, "voicemail") is YES
    assert module.is_user_in(by_name, Source.CREDENTIALS, "pstn") is NO


@pytest.mark.parametrize("uri", ["tel:+49", "sip:example.com", "sip:%00bob@x"])
def test_who_has_no_name_is_in_no_group(uri: str) -> None:
    core = core_without_database()
    module = started(Group(), core)
    assert module.is_user_in(request(core=core, uri=uri), Source.REQUEST_URI, "pstn") is NO
    assert core.direct.asked == 0


def test_without_a_database_nobody_is_told_a_no() -> None:
    core = core_without_database()
    module = started(Group(), core)
    assert module.is_user_in(request(core=core), Source.REQUEST_URI, "pstn") is CANT_TELL
    assert core.replies[0].status == 500


def test_columns_are_called_as_modparam_says(core: AskingCore) -> None:
    module = started(Group(), core, user_column="grp", group_column="username")
    msg = request(core=core, uri="sip:pstn@x")
    assert module.is_user_in(msg, Source.REQUEST_URI, "bob") is YES


@pytest.mark.parametrize("params", [{"table": "a b"}, {"group_column": ""}])
def test_what_is_no_name_of_a_column_stops_the_start(params: dict[str, Any]) -> None:
    module = Group()
    module.__dict__.update(params)
    with pytest.raises(ValueError, match="is not the name of a"):
        module.check()


def test_places_are_those_of_the_reference() -> None:
    assert Source.from_script("request-uri") is Source.REQUEST_URI
    with pytest.raises(ValueError, match='"Contact" is none of Request-URI, To, From, Credentials'):
        Source.from_script("Contact")


def test_an_address_that_cant_be_read_is_in_no_group() -> None:
    core: Any = FakeCore()
    module = Group()
    assert module.is_user_in(request(core=core, to="<<"), Source.TO, "pstn") is NO

from __future__ import annotations

import io

import pytest

from ser_core.database.url import DatabaseUrl
from serctl.database_values import database_values
from serctl.environment import Environment
from serctl.settings import Settings
from serctl.value_kinds import ValueKind
from tests.support.databases import text_of
from tests.support.serctl_database import Tool, stopped_ser


def words(settings: Settings, kind: ValueKind, typed: str = "") -> list[str]:
    streams = io.StringIO(), io.StringIO(), io.StringIO()
    environment = Environment(*streams, connect=lambda _: stopped_ser())
    return database_values(environment, settings, kind, typed)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_subscribers_and_domains_of_the_database(database_url: DatabaseUrl) -> None:
    tool = Tool(database_url)
    tool.add("joe@example.com", "bob@example.com")
    tool.out("domain", "add", "example.com")
    settings = Settings(db_url=text_of(database_url))
    assert words(settings, ValueKind.SUBSCRIBER, "jo") == ["joe@example.com"]
    assert words(settings, ValueKind.SUBSCRIBER, "joe@ex") == ["joe@example.com"]
    assert len(words(settings, ValueKind.SUBSCRIBER)) == 2
    assert words(settings, ValueKind.DOMAIN) == ["example.com"]


def test_groups_are_those_of_the_settings() -> None:
    assert words(Settings(acl_groups=("a", "b")), ValueKind.GROUP) == ["a", "b"]


def test_without_a_database_there_are_none() -> None:
    for url in ("sqlite:////absent/ser.db", "postgresql://ser@127.0.0.1:1/ser", "nonsense"):
        assert words(Settings(db_url=url), ValueKind.SUBSCRIBER) == []

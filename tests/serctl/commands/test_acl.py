from __future__ import annotations

import pytest

from ser_core.database.url import DatabaseUrl
from serctl.settings import Settings
from tests.support.serctl_database import Tool

JOE = "joe@example.com"


@pytest.fixture
def tool(database_url: DatabaseUrl) -> Tool:
    made = Tool(database_url)
    made.add(JOE)
    return made


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def groups(text: str) -> list[str]:
    return [line.split("\t")[1] for line in text.splitlines()]


def test_grant_revoke_and_show(tool: Tool) -> None:
    assert groups(tool.out("acl", "grant", JOE, "ld", "int")) == ["int", "ld"]
    assert groups(tool.out("acl", "grant", JOE, "ld", "voicemail")) == ["int", "ld", "voicemail"]
    assert groups(tool.out("acl", "revoke", JOE, "int")) == ["ld", "voicemail"]
    assert groups(tool.out("acl", "show", JOE)) == groups(tool.out("acl", "show"))
    assert tool("acl", "revoke", JOE, "int").status == 5
    assert tool("acl", "revoke", JOE).status == 2  # nobody can be asked
    assert tool.out("acl", "revoke", JOE, "-y") == ""
    assert tool("acl", "revoke", JOE, "-y").status == 5


@on_sqlite
def test_a_group_that_isnt_known_changes_nothing_and_the_known_ones_are_told(tool: Tool) -> None:
    run = tool("acl", "grant", JOE, "ld", "world")
    assert run.status == 2
    assert "Invalid privilege: world; ACL privileges are: local ld int voicemail" in run.stderr
    assert tool.out("acl", "show") == ""


@on_sqlite
def test_which_groups_there_are_is_a_setting(tool: Tool) -> None:
    settings = Settings(acl_groups=("world",))
    assert tool("acl", "groups", settings=settings).stdout == "world\n"
    assert tool("acl", "grant", JOE, "world", settings=settings).status == 0
    assert tool("acl", "grant", JOE, "ld", settings=settings).status == 2


@on_sqlite
def test_who_is_no_subscriber_gets_no_groups(tool: Tool) -> None:
    assert tool("acl", "grant", "bob@example.com", "ld").status == 5


@pytest.mark.parametrize("group", ["';--", "a b", "x" * 1000, "a\0b"])
@on_sqlite
def test_what_cant_be_a_group(tool: Tool, group: str) -> None:
    assert tool("acl", "grant", JOE, group).status == 2


@on_sqlite
def test_dry_run_changes_nothing(tool: Tool) -> None:
    assert tool("acl", "grant", JOE, "ld", "--dry-run").stdout == f"would put {JOE} into ld\n"
    assert tool("acl", "revoke", JOE, "--dry-run").stdout == f"would take {JOE} out of all groups\n"
    assert tool.out("acl", "show") == ""

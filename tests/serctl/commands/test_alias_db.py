from __future__ import annotations

import pytest

from ser_core.database.url import DatabaseUrl
from tests.support.serctl_database import Tool

JOE = "joe@example.com"


@pytest.fixture
def tool(database_url: DatabaseUrl) -> Tool:
    made = Tool(database_url)
    made.add(JOE, "bob@example.com")
    return made


def test_add_show_and_rm(tool: Tool) -> None:
    name = "1234@example.com"
    assert tool.out("alias_db", "add", name, JOE) == f"alias {name} added\n"
    assert tool.out("alias_db", "show") == f"{name}\t{JOE}\n"
    assert tool.out("alias_db", "show", JOE) == f"{name}\t{JOE}\n"
    assert tool.out("alias_db", "show", "bob@example.com") == ""
    run = tool("alias_db", "add", name, "bob@example.com")
    assert (run.status, run.stderr) == (1, f"serctl: there is an alias {name} already, for {JOE}\n")
    assert tool("add", name, "x@example.net", "--password-stdin", stdin="x\n").status == 1
    assert tool.out("alias_db", "rm", name, "-y") == f"alias {name} removed\n"
    assert tool("alias_db", "rm", name, "-y").status == 5


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cant_be_an_alias(tool: Tool) -> None:
    run = tool("alias_db", "add", "bob@example.com", JOE)
    assert (run.status, run.stderr) == (
        1,
        "serctl: overlap of alias with an existing subscriber name\n",
    )
    assert tool("alias_db", "add", "1@example.com", "nobody@example.com").status == 5
    assert tool("alias_db", "add", "a\0b@example.com", JOE).status == 2
    run = tool("alias_db", "add", "1@example.com", JOE, "--dry-run")
    assert run.stdout == f"would add 1@example.com for {JOE} to dbaliases\n"
    run = tool("alias_db", "rm", "1@example.com", "--dry-run")
    assert run.stdout == "would remove 1@example.com from dbaliases\n"

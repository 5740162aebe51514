from __future__ import annotations

import pytest

from ser_core.database.url import DatabaseUrl
from tests.support.serctl_database import Tool

JOE = "joe@example.com"


@pytest.fixture
def tool(database_url: DatabaseUrl) -> Tool:
    made = Tool(database_url)
    made.add(JOE)
    return made


def test_add_show_and_rm(tool: Tool) -> None:
    assert tool.out("rpid", "add", JOE, "+14155550100") == f"{JOE}\t+14155550100\n"
    assert tool.out("rpid", "show") == f"{JOE}\t+14155550100\n"
    assert tool.out("rpid", "rm", JOE).rstrip("\t\n") == JOE
    assert tool.out("rpid", "show") == ""
    assert tool.out("rpid", "show", JOE).rstrip("\t\n") == JOE
    assert tool("rpid", "rm", JOE).status == 5
    assert tool("rpid", "show", "bob@example.com").status == 5
    assert tool("rpid", "add", "bob@example.com", "1").status == 5
    run = tool("rpid", "add", JOE, "1", "--dry-run")
    assert run.stdout == f"would set the rpid of {JOE} to 1\n"


@pytest.mark.parametrize("rpid", ["a\r\nX: y", "<sip:x@y>", "", "x" * 1000])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_would_break_a_header_is_refused(tool: Tool, rpid: str) -> None:
    assert tool("rpid", "add", JOE, rpid).status == 2

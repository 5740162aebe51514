from __future__ import annotations

import pytest

from ser_core.database.url import DatabaseUrl
from ser_core.fifo.reach import NoReply
from tests.support.serctl_database import Tool
from tests.support.serctl_runs import FakeSer


@pytest.fixture
def tool(database_url: DatabaseUrl) -> Tool:
    return Tool(database_url)


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_add_show_and_rm(tool: Tool) -> None:
    assert tool.out("domain", "add", "Example.COM") == "domain example.com added\n"
    assert tool("domain", "add", "example.com").status == 1
    assert tool.out("domain", "show").startswith("example.com\t2023-11-14T22:13:20")
    assert tool.out("domain", "rm", "example.com", "-y") == "domain example.com removed\n"
    assert tool("domain", "rm", "example.com", "-y").status == 5


@on_sqlite
def test_the_running_ser_is_told(tool: Tool) -> None:
    tool.ser = FakeSer(domain_reload="200 ok\n")
    tool.out("domain", "add", "example.com")
    tool.out("domain", "rm", "example.com", "-y")
    assert tool.ser.requests == [("domain_reload",)] * 2


@on_sqlite
def test_a_ser_without_the_module_needs_not_be_told(tool: Tool) -> None:
    tool.ser = FakeSer()
    tool.out("domain", "add", "example.com")


@pytest.mark.parametrize("answer", ["500 database is down\n", NoReply("no reply in 5 s")])
@on_sqlite
def test_a_ser_that_couldnt_reload_is_told_of(tool: Tool, answer: str | Exception) -> None:
    tool.ser = FakeSer(domain_reload=answer)
    run = tool("domain", "add", "example.com")
    assert (run.status, run.stdout) == (0, "domain example.com added\n")
    assert "ser may not know of it yet" in run.stderr


@pytest.mark.parametrize("name", ["a b", "bücher.example", "x" * 10_000, "a\0b", "';--"])
@on_sqlite
def test_what_cant_be_a_domain(tool: Tool, name: str) -> None:
    assert tool("domain", "add", name).status == 2


@on_sqlite
def test_rm_asks(tool: Tool) -> None:
    tool.out("domain", "add", "example.com")
    assert tool("domain", "rm", "example.com", asked=True, stdin="\n").status == 1
    assert tool.out("domain", "show")


@on_sqlite
def test_dry_run_shows_the_request_to_ser_as_well(tool: Tool) -> None:
    run = tool("domain", "add", "example.com", "--dry-run")
    assert run.stdout == "would add example.com to domain\n:domain_reload:serctl\n\n"
    assert tool.out("domain", "show") == ""

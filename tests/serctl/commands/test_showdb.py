from __future__ import annotations

import json

import pytest
from sqlalchemy import insert

from ser_core.database.tables import location
from ser_core.database.url import DatabaseUrl
from serctl.settings import Settings
from tests.support.databases import run_work
from tests.support.serctl_database import Tool
from tests.support.serctl_runs import NOW, serctl


@pytest.fixture
def tool(database_url: DatabaseUrl) -> Tool:
    made = Tool(database_url)
    made.add("joe@example.com", "bob@example.com", "Ann@example.com")
    rows: list[dict[str, object]] = [
        {"username": "joe", "domain": "", "contact": "sip:joe@192.0.2.1", "expires": NOW + 60},
        {"username": "joe", "domain": "", "contact": "sip:joe@192.0.2.2", "expires": None},
        {"username": "ann", "domain": "example.com", "contact": "sip:ann@192.0.2.3", "q": -1},
        {"username": "guest", "domain": "", "contact": "sip:guest@192.0.2.4", "expires": NOW},
    ]
    run_work(made.url, lambda each: [each.execute(insert(location).values(**row)) for row in rows])
    return made


def users_and_contacts(text: str) -> list[tuple[str, str | None]]:
    return [(each["user"], each["contact"]) for each in json.loads(text)]


def test_subscribers_with_their_contacts_and_then_whoever_else_is_registered(tool: Tool) -> None:
    assert users_and_contacts(tool.out("showdb", "-F", "json")) == [
        ("Ann@example.com", "sip:ann@192.0.2.3"),
        ("bob@example.com", None),
        ("joe@example.com", "sip:joe@192.0.2.1"),
        ("joe@example.com", "sip:joe@192.0.2.2"),
        ("guest", "sip:guest@192.0.2.4"),
    ]


def test_one_subscriber(tool: Tool) -> None:
    [first, second] = json.loads(tool.out("userdb", "joe@example.com", "-F", "json"))
    assert (first["email"], first["expires_in"], first["q"]) == ("joe@example.net", 60, 1)
    assert (second["expires"], second["contact"]) == (None, "sip:joe@192.0.2.2")
    assert tool("showdb", "nobody@example.com").status == 5


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
def test_a_part_of_it(tool: Tool) -> None:
    assert users_and_contacts(tool.out("showdb", "--filter", "b", "-F", "json")) == [
        ("bob@example.com", None)
    ]
    assert users_and_contacts(tool.out("showdb", "--filter", "bob@ex", "-F", "json")) == [
        ("bob@example.com", None)
    ]
    assert tool.out("showdb", "--limit", "2").count("\n") == 2


@on_sqlite
def test_a_terminal_is_told_that_the_server_may_know_better(tool: Tool) -> None:
    run = tool("showdb", terminal=True)
    assert "joe@example.com" in run.stdout
    assert run.stderr == ("serctl: Due to usage of cache, server's list may differ from DB list.\n")


@on_sqlite
def test_another_table_of_usrloc(tool: Tool) -> None:
    settings = Settings(location_table="phones")
    run = tool("showdb", "joe@example.com", "-F", "json", settings=settings)
    assert users_and_contacts(run.stdout) == [("joe@example.com", None)]


def test_looking_makes_no_database(tmp_path: object) -> None:
    run = serctl("showdb", settings=Settings(db_url=f"sqlite:///{tmp_path}/ser.db"))
    assert run.status == 5
    assert "there is no database" in run.stderr

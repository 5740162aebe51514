from __future__ import annotations

import io

import pytest

from ser_core.database import domains
from ser_core.database.url import DatabaseUrl
from ser_core.fifo.reach import NoReply
from serctl.environment import Environment
from serctl.served import served_names, why_unserved
from tests.support.databases import run_work
from tests.support.serctl_database import Tool, stopped_ser
from tests.support.serctl_runs import FakeSer

CONFIG = """200 ok
name\tvalue
listen\tudp:192.0.2.1:5060
listen\ttcp:192.0.2.1:5060
listen\tudp:[2001:db8::1]:5060
alias\tExample.com
alias\texample.net:5070
"""
NAMES = ["192.0.2.1", "[2001:db8::1]", "example.com", "example.net"]


def names_from(ser: FakeSer) -> list[str]:
    streams = io.StringIO(), io.StringIO(), io.StringIO()
    return served_names(Environment(*streams, connect=lambda _: ser))


def test_what_ser_listens_on_and_its_aliases_are_served() -> None:
    assert names_from(FakeSer(config=CONFIG)) == NAMES


@pytest.mark.parametrize(
    "ser",
    [
        stopped_ser(),
        FakeSer(),
        FakeSer(config=NoReply("no reply in 5 s")),
        FakeSer(config="200 ok\nnonsense\n"),
    ],
)
def test_a_ser_that_doesnt_tell_leaves_nothing_to_say(ser: FakeSer) -> None:
    assert names_from(ser) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_domain_is_served_under_a_name_of_ser_or_from_the_table(
    database_url: DatabaseUrl,
) -> None:
    def why(domain: str, names: list[str]) -> str:
        return run_work(database_url, lambda each: why_unserved(each, domain, names))

    assert why("example.com", NAMES) == why("example.org", []) == ""
    warning = why("example.org", [*NAMES, "a", "b"])
    assert warning.startswith(
        "the ser that runs doesn't serve example.org but 192.0.2.1, [2001:db8::1], example.com, "
        "example.net, a, …; "
    )
    run_work(database_url, lambda each: domains.add(each, "example.org", 1.0))
    assert why("example.org", NAMES) == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_add_warns_and_adds_all_the_same(database_url: DatabaseUrl) -> None:
    tool = Tool(database_url, FakeSer(config=CONFIG, ul_show_contact="404 not found\n"))
    words = ("joe@example.net", "--password-stdin")
    run = tool("add", "joe@example.org", *words, stdin="heslo\n")
    assert (run.status, run.stdout) == (0, "new user added\n")
    assert run.stderr.startswith("serctl: the ser that runs doesn't serve example.org but ")
    assert tool("add", "joe@EXAMPLE.com", *words, stdin="heslo\n").stderr == ""

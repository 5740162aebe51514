from __future__ import annotations

import pytest

from ser_core.database.url import DatabaseUrl
from serctl.exit_status import Failure
from serctl.subscribers import known
from tests.support.databases import run_work
from tests.support.serctl_database import Tool


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_isnt_there_is_told_with_a_name_that_is_nearly_the_same(
    database_url: DatabaseUrl,
) -> None:
    Tool(database_url).add("joe@example.com")
    assert run_work(database_url, lambda each: known(each, "joe", "example.com")).username == "joe"
    for name, domain, hint in (
        ("JOE", "example.com", "; did you mean joe@example.com?"),
        ("joe", "example.net", ""),
        ("jane", "example.com", ""),
    ):
        with pytest.raises(Failure) as caught:
            run_work(database_url, lambda each, n=name, d=domain: known(each, n, d))  # type: ignore[misc]
        assert (caught.value.message, caught.value.status) == (
            f"non-existent user {name}@{domain}{hint}",
            5,
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("verb", ["acl", "rpid", "alias_db"])
def test_show_tells_apart_who_has_nothing_and_who_isnt_there(
    database_url: DatabaseUrl, verb: str
) -> None:
    tool = Tool(database_url)
    tool.add("joe@example.com")
    assert tool(verb, "show", "joe@example.com").status == 0
    run = tool(verb, "show", "jane@example.com")
    assert (run.status, run.stderr) == (5, "serctl: non-existent user jane@example.com\n")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "note"),
    [
        (("acl", "show"), "nobody is in any group"),
        (("acl", "show", "joe@example.com"), "joe@example.com is in no group"),
        (("alias_db", "show"), "there is no alias"),
        (("alias_db", "show", "joe@example.com"), "joe@example.com has no alias"),
        (("rpid", "show"), "nobody has an rpid"),
        (("domain", "show"), "there is no domain"),
        (("showdb", "--filter", "x"), "there is nobody"),
    ],
)
def test_an_empty_table_is_told_on_a_terminal(
    database_url: DatabaseUrl, words: tuple[str, ...], note: str
) -> None:
    tool = Tool(database_url)
    tool.add("joe@example.com")
    assert tool(*words, terminal=True).stderr == f"serctl: {note}\n"
    assert tool.out(*words) == ""

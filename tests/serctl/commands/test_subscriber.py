from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, select

from ser_core.database import subscribers, uris
from ser_core.database.tables import location, subscriber
from ser_core.database.url import DatabaseUrl
from serctl.settings import Settings
from tests.support.databases import run_work
from tests.support.serctl_database import Tool
from tests.support.serctl_runs import FakeSer, serctl

JOE = ("add", "joe@example.com", "joe@example.net")


@pytest.fixture
def tool(database_url: DatabaseUrl) -> Tool:
    return Tool(database_url)


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def row_of(url: DatabaseUrl) -> dict[str, object]:
    return run_work(url, lambda each: dict(each.execute(select(subscriber)).mappings().one()))


def test_add_keeps_sums_of_the_password_and_nothing_else_of_it(tool: Tool) -> None:
    run = tool(*JOE, "--password-stdin", stdin="heslo\n")
    assert (run.status, run.stdout, run.stderr) == (0, "new user added\n", "")
    row = row_of(tool.url)
    hashes = subscribers.hashes_of("joe", "example.com", "heslo")
    assert {key: row[key] for key in hashes} == hashes
    assert "heslo" not in str(row)
    names = run_work(tool.url, lambda each: uris.uris_of(each, "joe", "example.com"))
    assert names == ["joe"]


def test_a_second_one_of_the_name_is_refused_before_a_password_is_asked_for(tool: Tool) -> None:
    tool.add("joe@example.com")
    run = tool(*JOE, asked=True)
    assert (run.status, run.stderr) == (1, "serctl: user already exists: joe@example.com\n")


@on_sqlite
def test_names_that_differ_in_case_only_are_refused(tool: Tool) -> None:
    tool.add("joe@example.com")
    run = tool("add", "JOE@example.com", "joe@example.net", "--password-stdin", stdin="x\n")
    assert run.status == 1
    assert "whom the registrar takes for JOE@example.com" in run.stderr


@on_sqlite
def test_the_password_is_typed_twice(tool: Tool) -> None:
    run = tool(*JOE, asked=True, stdin="heslo\nheslo\n")
    assert run.status == 0
    assert run.stderr == "New password: \nThe same again: \n"
    run = tool("passwd", "joe@example.com", asked=True, stdin="one\nother\n" * 3)
    assert run.status == 1
    assert run.stderr.count("the two differ; try again") == 2
    assert run.stderr.endswith("the two differ; nothing was changed\n")
    assert row_of(tool.url)["ha1"] == subscribers.hashes_of("joe", "example.com", "heslo")["ha1"]


@pytest.mark.parametrize(
    "words", [("add", "joe@d", "heslo", "joe@example.net"), ("passwd", "joe@d", "heslo")]
)
def test_a_password_on_the_command_line_is_refused(words: tuple[str, ...]) -> None:
    run = serctl(*words)
    assert run.status == 2
    assert "every user of this machine can read it" in run.stderr
    assert "heslo" not in run.stderr


@on_sqlite
def test_where_nobody_can_be_asked_it_says_how_else(tool: Tool) -> None:
    run = tool(*JOE)
    assert run.status == 2
    assert "--password-stdin" in run.stderr


@on_sqlite
def test_an_alias_of_that_name_is_in_the_way(tool: Tool) -> None:
    tool.ser = FakeSer(ul_show_contact="200 OK\n<sip:bob@d>;q=1;expires=2147483647\n")
    run = tool(*JOE, "--password-stdin", stdin="heslo\n")
    assert run.status == 1
    assert "there is an alias joe@example.com already, for sip:bob@d" in run.stderr
    tool.ser = FakeSer(ul_show_contact="404 Username joe in table aliases not found\n")
    assert tool(*JOE, "--password-stdin", stdin="heslo\n").status == 0


def test_passwd_changes_it(tool: Tool) -> None:
    tool.add("joe@example.com")
    run = tool("passwd", "joe@example.com", "--password-stdin", stdin="nove\n")
    assert (run.status, run.stdout) == (0, "password change succeeded\n")
    row = row_of(tool.url)
    assert row["ha1_sha256"] == subscribers.hashes_of("joe", "example.com", "nove")["ha1_sha256"]


@on_sqlite
def test_clear_passwords_are_kept_only_when_the_settings_say_so(tool: Tool) -> None:
    settings = Settings(passwords="clear")
    assert tool(*JOE, "--password-stdin", stdin="heslo\n", settings=settings).status == 0
    assert row_of(tool.url)["password"] == "heslo"
    assert tool("passwd", "joe@example.com", "--password-stdin", stdin="nove\n").status == 0
    assert row_of(tool.url)["password"] == ""


@pytest.mark.parametrize("verb", ["passwd", "rm", "mail"])
@on_sqlite
def test_who_isnt_there_isnt_found(tool: Tool, verb: str) -> None:
    run = tool(verb, "bob@example.com", "-y")
    assert (run.status, run.stderr) == (5, "serctl: non-existent user bob@example.com\n")


def test_rm_takes_everything_away_and_unregisters(tool: Tool) -> None:
    tool.add("joe@example.com", "bob@example.com")
    tool.out("acl", "grant", "joe@example.com", "ld")
    tool.out("alias_db", "add", "1234@example.com", "joe@example.com")
    tool.ser = FakeSer(ul_rm="200 user (location, joe@example.com) deleted\n")
    run = tool("rm", "joe@example.com", asked=True, stdin="y\n")
    assert (run.status, run.stdout) == (0, "user joe@example.com removed\n")
    assert "Remove joe@example.com with groups, URIs and registrations? [y/N]" in run.stderr
    assert tool.ser.requests[-1] == ("ul_rm", "location", "joe@example.com")
    assert tool.out("acl", "show") + tool.out("alias_db", "show") == ""
    assert run_work(tool.url, lambda each: uris.uris_of(each, "joe", "example.com")) == []
    assert tool.out("showdb").startswith("bob@example.com\t")


@on_sqlite
def test_rm_without_a_running_ser_takes_the_registrations_that_would_be_loaded(tool: Tool) -> None:
    tool.add("joe@example.com")
    row = {"username": "joe", "domain": "", "contact": "sip:joe@192.0.2.1"}
    run_work(tool.url, lambda each: each.execute(insert(location).values(**row)))
    tool.out("rm", "joe@example.com", "-y")
    assert run_work(tool.url, lambda each: each.execute(select(location)).all()) == []


@on_sqlite
def test_rm_asks_and_takes_no_for_an_answer(tool: Tool) -> None:
    tool.add("joe@example.com")
    assert tool("rm", "joe@example.com").status == 2
    assert tool("rm", "joe@example.com", asked=True, stdin="n\n").status == 1
    assert tool.out("showdb", "joe@example.com")


@on_sqlite
def test_a_user_without_domain_gets_the_default_one(tool: Tool) -> None:
    words = ("add", "joe", "joe@example.net", "--password-stdin")
    run = tool(*words, stdin="heslo\n")
    assert run.status == 2
    assert (
        "domain unknown: use usernames with domain or set default domain in SIP_DOM" in run.stderr
    )
    assert tool(*words, stdin="heslo\n", settings=Settings(domain="Example.com")).status == 0
    assert row_of(tool.url)["domain"] == "example.com"


HOSTILE = ("o'hara", "100%", 'a";drop table subscriber;--', "jörg", "\\x41", "a b", "y" * 255)


def test_a_hostile_name_is_a_name(tool: Tool) -> None:
    users = [f"{name}@example.com" for name in HOSTILE]
    tool.add(*users)
    for user in users:
        tool.out("acl", "grant", user, "ld")
        assert [each["user"] for each in json.loads(tool.out("showdb", user, "-F", "json"))] == [
            user
        ]
        tool.out("rm", user, "-y")
    assert tool.out("showdb") == ""


@pytest.mark.parametrize("name", ["x" * 10_000, "a\0b", "a\nb", "a:b", "a\x1b[2J", "a\udcff"])
@on_sqlite
def test_what_cant_be_a_name_is_refused_in_one_line(tool: Tool, name: str) -> None:
    for words in (("add", f"{name}@example.com", "a@b.example"), ("rm", f"{name}@example.com")):
        run = tool(*words, "-y")
        assert run.status == 2
        assert run.stderr.count("\n") == 1
        assert len(run.stderr) < 500


@on_sqlite
def test_dry_run_changes_nothing(tool: Tool) -> None:
    run = tool(*JOE, "--dry-run")
    assert (run.status, run.stdout) == (0, "would add joe@example.com to subscriber and uri\n")
    assert tool.out("showdb") == ""


def test_a_database_that_is_down_ends_with_3_and_tells_no_password() -> None:
    settings = Settings(db_url="postgresql://ser:geheim@127.0.0.1:1/ser")
    run = serctl(*JOE, "--password-stdin", stdin="heslo\n", settings=settings)
    assert run.status == 3
    assert "database postgresql://ser@127.0.0.1:1/ser: connection failed" in run.stderr
    assert "geheim" not in run.stderr


def test_a_db_url_with_a_password_isnt_taken_from_the_command_line() -> None:
    run = serctl(*JOE, "--db-url", "mysql://ser:geheim@localhost/ser")
    assert run.status == 2
    assert "--db-url takes no password" in run.stderr
    assert "geheim" not in run.stderr

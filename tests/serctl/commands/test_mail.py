from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import update

from ser_core.database.tables import subscriber
from ser_core.database.url import DatabaseUrl
from serctl.settings import Settings
from tests.support.databases import run_work
from tests.support.serctl_database import Tool

JOE = "joe@example.com"


@pytest.fixture
def tool(database_url: DatabaseUrl) -> Tool:
    made = Tool(database_url)
    made.add(JOE)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A sendmail that keeps what it gets."""
    program = tmp_path / "sendmail"
    program.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/words\ncat >{tmp_path}/message\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Settings(sendmail=str(program), mail_from="admin@example.com")


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_message_goes_to_the_address_in_the_table(
    tool: Tool, settings: Settings, tmp_path: Path
) -> None:
    run = tool("mail", JOE, stdin="Hello,\nworld.\n", settings=settings)
    assert (run.status, run.stdout, run.stderr) == (0, "message sent\n", "")
    assert (tmp_path / "words").read_text() == "-t -i\n"  # no address on a command line
    head, _, text = (tmp_path / "message").read_text().partition("\n\n")
    assert "To: joe@example.net\n" in head
    assert "Subject: Message from example.com SIP admin\n" in head
    assert "From: admin@example.com\n" in head
    assert text == "Hello,\nworld.\n"


@on_sqlite
def test_on_a_terminal_it_says_what_it_waits_for(tool: Tool, settings: Settings) -> None:
    run = tool("mail", JOE, stdin="Hello", asked=True, settings=settings)
    assert run.stderr == (
        "serctl: Write email to joe@example.com: joe@example.net now (Ctrl-D ends it) ...\n"
    )


@pytest.mark.parametrize(
    "address",
    ["joe@example.net\nBcc: all@example.net", "-oQ/tmp@example.net, b@c", "", "x" * 300, "a\0b"],
)
@on_sqlite
def test_an_address_in_the_table_that_is_none_is_never_used(
    tool: Tool, settings: Settings, tmp_path: Path, address: str
) -> None:
    values = update(subscriber).values(email_address=address)
    run_work(tool.url, lambda each: each.execute(values))
    run = tool("mail", JOE, stdin="Hello", settings=settings)
    assert run.status == 5
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "message").exists()


@pytest.mark.parametrize("subject", ["a\r\nBcc: all@example.net", "a\nb", "a\0b"])
@on_sqlite
def test_a_subject_brings_no_header_with_it(
    tool: Tool, settings: Settings, tmp_path: Path, subject: str
) -> None:
    run = tool("mail", JOE, "--subject", subject, stdin="Hello", settings=settings)
    assert run.status == 2
    assert not (tmp_path / "message").exists()


@on_sqlite
def test_dry_run_sends_nothing(tool: Tool, settings: Settings, tmp_path: Path) -> None:
    run = tool("mail", JOE, "--dry-run", settings=settings)
    assert run.stdout == "would send joe@example.com an e-mail to joe@example.net\n"
    assert not (tmp_path / "message").exists()

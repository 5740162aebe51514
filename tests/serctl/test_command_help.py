from __future__ import annotations

import json

import pytest

from ser_core.fifo.tables import table_body
from serctl.command_help import FULL
from tests.support.serctl_runs import FakeSer, serctl

TEXT = "Registrations by pages.\nOf those that fit the filter, all are counted."
TAKES = "table (one line): such as location\noptions (lines): KEY=VALUE"


def ser(takes: str = TAKES) -> FakeSer:
    row = ("ul_list", "table [options...]", "no", TEXT, takes)
    return FakeSer(help=b"200 ok\n" + table_body([column.name for column in FULL], [row]))


def test_on_a_terminal_the_lines_are_as_wide_as_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "45")
    run = serctl("help", "ul_list", ser=ser(), terminal=True)
    assert run.stdout == (
        "command    ul_list\n"
        "arguments  table [options...]\n"
        "changes    no\n"
        "help       Registrations by pages.\n"
        "           Of those that fit the filter, all\n"
        "           are counted.\n"
        "takes      table (one line): such as location\n"
        "           options (lines): KEY=VALUE\n"
    )


def test_a_command_without_arguments_has_all_its_names() -> None:
    lines = serctl("help", "ul_list", ser=ser(""), terminal=True).stdout.splitlines()
    assert lines[-1] == "takes"


def test_programs_get_it_whole() -> None:
    shown = json.loads(serctl("-F", "json", "help", "ul_list", ser=ser()).stdout)
    assert (shown["help"], shown["argument_help"]) == (TEXT, TAKES)
    lines = serctl("help", "ul_list", ser=ser()).stdout.splitlines()
    assert lines[3:] == [
        "help\tRegistrations by pages.\\nOf those that fit the filter, all are counted.",
        "argument_help\ttable (one line): such as location\\noptions (lines): KEY=VALUE",
    ]

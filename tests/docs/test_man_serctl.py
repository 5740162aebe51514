from __future__ import annotations

import dataclasses

import click

from docs.click_tree import every_entry
from docs.man_serctl import help_text, page
from serctl.exit_status import ExitStatus
from serctl.settings import Settings

PAGE = page()


def test_every_verb_is_there() -> None:
    for entry in every_entry():
        if not entry.is_group:
            assert f".TP\n\\fB{entry.name}\\fR".replace("-", "\\-") in PAGE


def test_an_option_has_what_it_takes() -> None:
    assert "\\fB\\-c\\fR, \\fB\\-\\-count\\fR \\fIN\\fR\nStop after N probes" in PAGE


def test_exit_statuses_and_variables() -> None:
    for status in ExitStatus:
        assert f".TP\n\\fB{int(status)}\\fR\n" in PAGE
    for field in dataclasses.fields(Settings):
        assert field.metadata["variable"] in PAGE


def test_other_names_are_told() -> None:
    assert "Also called \\fBmonitor\\fR, \\fBconsole\\fR, \\fBcon\\fR." in PAGE


def test_what_click_leaves_alone_is_left_alone() -> None:
    command = click.Command("x", help="Do `it`.\n\n\b\n    serctl x \\\n        y\n")
    example = ".nf\n\\&    serctl x \\e\n\\&        y\n.fi"
    assert help_text(command) == f"Do \\fBit\\fR.\n.sp\n{example}"

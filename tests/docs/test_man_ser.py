from __future__ import annotations

from docs.man_ser import page
from ser_core.command_line import make_parser


def test_every_option_is_there() -> None:
    text = page().replace("\\-", "-")
    for action in make_parser()._actions:
        assert f"\\fB{action.option_strings[-1]}\\fR" in text


def test_defaults_are_filled_in() -> None:
    assert "configuration (default /etc/ser/ser.cfg)" in page()


def test_exit_statuses() -> None:
    assert ".TP\n\\fB78\\fR\nser.cfg has errors" in page()

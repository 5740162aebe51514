from __future__ import annotations

import io

import pytest

from serctl.environment import Environment
from serctl.interpreter import LEAVING, Interpreter, Leave, asks_for_help, without_program
from serctl.settings import Settings
from tests.support.serctl_runs import FakeSer

PS = "200 ok\n0\t812\tattendant\n"


class Lines:
    """An interpreter, and what it writes."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.ser = FakeSer(ps=PS)
        self.stdout, self.stderr = io.StringIO(), io.StringIO()
        self.interpreter = Interpreter(
            Environment(
                io.StringIO(), self.stdout, self.stderr,
                settings=settings or Settings(), connect=lambda _: self.ser,
            )
        )  # fmt: skip

    def run(self, line: str) -> int | None:
        return self.interpreter.run(line)


def test_a_line_is_a_command_line_of_serctl() -> None:
    lines = Lines()
    assert lines.run("ps -F csv") == 0
    assert lines.stdout.getvalue() == "index,pid,description\n0,812,attendant\n"


def test_the_program_may_stand_before_it() -> None:
    lines = Lines()
    assert lines.run("serctl ps") == 0
    assert lines.stdout.getvalue() == "0\t812\tattendant\n"
    assert without_program(["ul", "serctl"]) == ["ul", "serctl"]


def test_what_serctl_was_given_holds_for_each_line_and_no_line_for_the_next() -> None:
    lines = Lines(Settings(format="csv"))
    lines.run("ps -F lines")
    lines.run("ps")
    assert lines.stdout.getvalue() == "0\t812\tattendant\nindex,pid,description\n0,812,attendant\n"


@pytest.mark.parametrize("line", ["", "  ", "# nothing", "serctl"])
def test_nothing_stands_in_a_line(line: str) -> None:
    assert Lines().run(line) is None


def test_a_failure_is_told_and_answered() -> None:
    lines = Lines()
    assert lines.run("uptime") == 1
    assert lines.stderr.getvalue().startswith("serctl: ser says 500 ")


def test_an_open_quote_is_a_usage_error() -> None:
    lines = Lines()
    assert lines.run("ul show 'joe") == 2
    assert lines.stderr.getvalue() == "serctl: the quote ' is never closed\n"


def test_options_without_a_verb_start_no_shell_inside() -> None:
    lines = Lines()
    assert lines.run("-F json") == 2
    assert lines.stderr.getvalue() == "serctl: a verb is missing (serctl --help)\n"


@pytest.mark.parametrize("word", LEAVING)
def test_leaving(word: str) -> None:
    with pytest.raises(Leave):
        Lines().run(f" {word} ")


@pytest.mark.parametrize("line", ["?", "help", "serctl help"])
def test_help(line: str) -> None:
    lines = Lines()
    assert lines.run(line) == 0
    assert "Registrations          ul alias online" in lines.stdout.getvalue()
    assert not lines.ser.requests


def test_a_question_in_the_middle() -> None:
    lines = Lines()
    assert lines.run("ul ?") == 0
    assert lines.stdout.getvalue().startswith("  show  ")


def test_help_before_a_verb_is_about_the_verb() -> None:
    lines, other = Lines(), Lines()
    assert lines.run("help ping") == other.run("ping ?") == 0
    assert lines.stdout.getvalue() == other.stdout.getvalue() != ""
    assert not lines.ser.requests


def test_help_before_another_word_asks_the_fifo() -> None:
    lines = Lines()
    lines.run("help t_uac_dlg")
    assert lines.ser.requests == [("help", "t_uac_dlg")]


@pytest.mark.parametrize(
    ("line", "asks"),
    [("ul ?", True), ("?", True), ("ul ? # why", True), ("ul '?'", False), ("stats a?", False),
     ("ul 'a ?", False), ("", False)],
)  # fmt: skip
def test_a_question_is_a_mark_of_its_own(line: str, asks: bool) -> None:
    assert asks_for_help(line) is asks

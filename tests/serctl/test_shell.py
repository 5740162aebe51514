from __future__ import annotations

import io

import pytest

from serctl.environment import Environment
from serctl.shell import GREETING, PlainLines, Shell
from tests.support.serctl_runs import FakeSer, Screen, serctl

PS = "200 ok\n0\t812\tattendant\n"


class Typed:
    """Lines, and interruptions among them; Ctrl-D at their end."""

    def __init__(self, *lines: str | BaseException) -> None:
        self._lines = iter(lines)
        self.statuses: list[int] = []
        """What each line was asked for with."""

    def read(self, status: int) -> str:
        self.statuses.append(status)
        line = next(self._lines, EOFError())
        if isinstance(line, BaseException):
            raise line
        return line


class Session:
    """What comes of some lines."""

    def __init__(self, *lines: str | BaseException, ser: FakeSer | None = None) -> None:
        self.ser = ser or FakeSer(ps=PS)
        self.typed = Typed(*lines)
        stdout, stderr = io.StringIO(), io.StringIO()
        environment = Environment(io.StringIO(), stdout, stderr, connect=lambda _: self.ser)
        self.status = Shell(environment, self.typed).run()
        self.stdout, self.stderr = stdout.getvalue(), stderr.getvalue()


def test_lines_run_until_ctrl_d() -> None:
    session = Session("ps", "ps -F csv")
    assert session.status == 0
    assert session.stdout == "0\t812\tattendant\nindex,pid,description\n0,812,attendant\n"


def test_a_failure_leaves_the_shell_alive_and_is_shown_until_something_succeeds() -> None:
    session = Session("uptime", "", "# x", "ps --nothing", "ps")
    assert session.typed.statuses == [0, 1, 1, 1, 2, 0]
    assert session.status == 0


@pytest.mark.parametrize("word", [":q", "exit", "quit"])
def test_leaving_by_a_word(word: str) -> None:
    session = Session("uptime", word, "ps")
    assert (session.status, session.stdout) == (0, "")


def test_ctrl_c_at_the_prompt_only_begins_a_new_line() -> None:
    session = Session(KeyboardInterrupt(), "ps")
    assert session.stdout == "0\t812\tattendant\n"


def test_ctrl_c_ends_what_runs() -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    session = Session("ps", "?", ser=FakeSer(ps=interrupted))
    assert session.typed.statuses == [0, 130, 0]


def test_a_mistake_in_a_verb_is_shown_and_the_shell_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr("serctl.interpreter.run", broken)
    session = Session("ps", "ps")
    assert session.typed.statuses == [0, 1, 1]
    assert session.stderr.count("ZeroDivisionError: a mistake of ours") == 2


def test_a_pasted_line_without_a_verb_stops_nothing() -> None:
    assert Session("uptime", "# after a failure\nps").stdout == "0\t812\tattendant\n"


def test_pasted_lines_run_up_to_the_first_that_fails() -> None:
    session = Session("ps\nuptime\nps\n")
    assert session.stdout == "0\t812\tattendant\n"
    assert session.typed.statuses == [0, 1]


def test_a_dumb_terminal_has_plain_lines() -> None:
    run = serctl(
        terminal=True, asked=True, stdin="ps\nuptime\nps -F json\n", ser=FakeSer(ps=PS),
        variables={"TERM": "dumb"},
    )  # fmt: skip
    assert run.status == 0
    assert run.stdout.startswith(f"{GREETING}  index    pid  description\n")
    assert run.stdout.endswith("]\n")
    assert "\x1b" not in run.stdout + run.stderr
    assert run.stderr.startswith("serctl> serctl> serctl: ser says 500 ")
    assert run.stderr.endswith("\nserctl [1]> serctl> \n")


def test_plain_lines_end_with_the_input() -> None:
    stderr = io.StringIO()
    lines = PlainLines(Environment(Screen("ps\n"), Screen(), stderr))
    assert lines.read(0) == "ps\n"
    with pytest.raises(EOFError):
        lines.read(5)
    assert stderr.getvalue() == "serctl> serctl [5]> \n"


def test_options_of_serctl_hold_in_its_shell() -> None:
    run = serctl("-F", "csv", terminal=True, asked=True, stdin="ps\n", ser=FakeSer(ps=PS))
    assert "index,pid,description\n" in run.stdout


def test_verbs_that_ask_can_be_answered() -> None:
    ser = FakeSer(ul_show_contact="200 OK\n<sip:joe@h>;q=;expires=3\n", ul_rm="200 gone\n")
    run = serctl(terminal=True, asked=True, stdin="ul rm joe\nn\nul rm joe\ny\n", ser=ser)
    assert ("ul_rm", "location", "joe") in ser.requests
    assert run.stderr.count("Remove joe with 1 contact from location? [y/N]") == 2


def test_a_history_that_cannot_be_kept_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serctl.line_editor.LineEditor", lambda *_, **__: Typed("ps -F lines"))
    run = serctl(terminal=True, asked=True, ser=FakeSer(ps=PS), variables={"TERM": "xterm"})
    assert (run.status, run.stdout) == (0, f"{GREETING}0\t812\tattendant\n")
    assert run.stderr == "serctl: no history is kept: there is no home directory\n"

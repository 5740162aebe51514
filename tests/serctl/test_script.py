from __future__ import annotations

import pytest

from ser_core.fifo.protocol import BodyLines
from tests.support.serctl_runs import FakeSer, Run, serctl

PS = "200 ok\n0\t812\tattendant\n"
ROW = "0\t812\tattendant\n"


def script(text: str, *options: str, ser: FakeSer | None = None, terminal: bool = False) -> Run:
    return serctl(*options, stdin=text, ser=ser or FakeSer(ps=PS), terminal=terminal)


def test_lines_run_one_after_the_other() -> None:
    run = script("ps\n\n  # that was one\nserctl ps -F csv # and two\n")
    assert (run.status, run.stderr) == (0, "")
    assert run.stdout == f"{ROW}index,pid,description\n0,812,attendant\n"


def test_an_empty_script_is_a_success() -> None:
    assert script("").status == 0
    assert script("# nothing").status == 0


def test_the_first_failure_ends_it_with_its_status_and_says_where() -> None:
    ser = FakeSer(ps=PS, ul_show_contact="404 Username joe in table location not found\n")
    run = script("ps\nul show joe\nps\n", ser=ser)
    assert (run.status, run.stdout) == (5, ROW)
    assert run.stderr == (
        "serctl: ser says 404 Username joe in table location not found\n"
        "serctl: line 2 ended with 5: ul show joe\n"
    )


@pytest.mark.parametrize("option", ["-k", "--keep-going"])
def test_it_can_go_on_and_still_tells_of_the_first_failure(option: str) -> None:
    run = script("nothing\nuptime\nps\n", option)
    assert (run.status, run.stdout) == (2, ROW)
    assert "line 1 ended with 2: nothing" in run.stderr
    assert "line 2 ended with 1: uptime" in run.stderr


def test_ctrl_c_ends_it_all_the_same() -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    run = script("ps\nuptime\n", "-k", ser=FakeSer(ps=interrupted))
    assert run.status == 130
    assert "line 2" not in run.stderr


def test_an_open_quote_is_told() -> None:
    run = script("ps\nfifo print 'a\n")
    assert run.status == 2
    assert run.stderr == (
        "serctl: the quote ' is never closed\nserctl: line 2 ended with 2: fifo print 'a\n"
    )


def test_a_backslash_at_the_end_joins_nothing() -> None:
    assert "backslash" in script("ps \\\n").stderr


def test_a_line_with_a_password_is_not_repeated() -> None:
    run = script("add joe secret joe@example.com\n")
    assert run.status == 2
    assert run.stderr.endswith("serctl: line 1 ended with 2: (it has a password)\n")
    assert "secret" not in run.stderr


@pytest.mark.parametrize("word", ["exit", "quit", ":q"])
def test_it_may_end_early(word: str) -> None:
    assert script(f"ps\n{word}\nuptime\n").stdout == ROW


def test_what_removes_something_needs_y_also_on_a_terminal() -> None:
    ser = FakeSer(ul_show_contact="200 OK\n<sip:joe@h>;q=;expires=3\n", ul_rm="200 gone\n")
    run = script("ul rm joe\ny\n", ser=ser, terminal=True)
    assert run.status == 2
    assert "repeat it with -y" in run.stderr
    assert script("ul rm joe -y\n", ser=ser).status == 0
    assert script("ul rm joe\n", "-y", ser=ser).status == 0


def test_options_of_serctl_hold_for_all_lines() -> None:
    assert script("ps\nps -F lines\nps", "-F", "csv").stdout == (
        f"index,pid,description\n0,812,attendant\n{ROW}index,pid,description\n0,812,attendant\n"
    )


def test_a_dry_run_sends_nothing() -> None:
    ser = FakeSer()
    run = script("ul rm joe\nul rm jane\n", "--dry-run", ser=ser)
    assert (run.status, run.stdout.count(":ul_rm:")) == (0, 2)
    assert not ser.requests


def test_a_verb_that_reads_stdin_shares_it() -> None:
    ser = FakeSer(print="200 ok\n")
    run = script("fifo --body - print\nhello\nthere\n", ser=ser)
    assert run.status == 0
    assert ser.requests == [("print", str(BodyLines(["hello", "there"])))]


def test_lines_of_windows() -> None:
    assert script("ps\r\n\r\nps\r\n").stdout == ROW * 2

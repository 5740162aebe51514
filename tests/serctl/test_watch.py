from __future__ import annotations

import pytest

from ser_core.fifo.client import CannotReach, Reach
from tests.support.serctl_runs import FakeSer, serctl

GONE = CannotReach(Reach.STALE, "ser has gone")


def ps(pid: int) -> str:
    return f"200 ok\n0\t{pid}\tattendant\n"


def test_a_pipe_gets_one_picture_after_the_other() -> None:
    run = serctl("ps", "--watch", ser=FakeSer(ps=[ps(1), ps(2)]), naps=1)
    assert (run.status, run.stdout) == (0, "0\t1\tattendant\n0\t2\tattendant\n")
    assert run.slept == [2.0, 2.0]


def test_a_terminal_is_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "24")
    run = serctl("ps", "--watch", "5", ser=FakeSer(ps=[ps(1), ps(2)]), terminal=True, naps=1)
    first, second = run.stdout.split("\x1b[H")[1:]
    assert first.endswith("attendant\x1b[K\n\x1b[J")
    assert first.startswith("every 5 s, ")
    assert "Ctrl-C ends" in first
    assert first.replace("1  att", "2  att") == second


def test_what_is_taller_than_the_terminal_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "10")
    many = "200 ok\n" + "".join(f"{n}\t{n}\tx\n" for n in range(100))
    run = serctl("ps", "--watch", ser=FakeSer(ps=many), terminal=True)
    assert run.stdout.count("\n") == 9


def test_the_first_look_must_succeed() -> None:
    run = serctl("ps", "--watch", ser=FakeSer(ps=GONE), naps=3)
    assert (run.status, run.stderr, run.slept) == (3, "serctl: ser has gone\n", [])


def test_a_dry_run_shows_the_request_once() -> None:
    run = serctl("--dry-run", "ps", "--watch", "1")
    assert (run.status, run.stdout, run.slept) == (0, ":ps:serctl\n\n", [])


def test_a_ser_that_has_gone_is_waited_for() -> None:
    run = serctl("ps", "--watch", ser=FakeSer(ps=[ps(1), GONE, ps(2)]), naps=2)
    assert (run.status, run.stdout) == (0, "0\t1\tattendant\n0\t2\tattendant\n")
    assert run.stderr == "serctl: ser has gone\n"


def test_a_terminal_shows_that_ser_has_gone() -> None:
    run = serctl("ps", "--watch", ser=FakeSer(ps=[ps(1), GONE]), terminal=True, naps=1)
    assert "ser has gone\x1b[K\n" in run.stdout
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (("ps", "--watch", "0.5"), 0.5),
        (("ps", "--watch=0.5"), 0.5),
        (("ps", "--watch"), 2.0),
        (("ps", "--watch", "-F", "lines"), 2.0),
        (("stats", "--watch", "core"), 2.0),
    ],
)
def test_the_period_may_be_left_out(words: tuple[str, ...], seconds: float) -> None:
    ser = FakeSer(ps=ps(1), stats="200 ok\nname\tvalue\thelp\ncore.x\t1\t\n")
    run = serctl(*words, ser=ser)
    assert (run.status, run.slept) == (0, [seconds])


@pytest.mark.parametrize("period", ["often", "0", "-1"])
def test_a_period_that_is_none(period: str) -> None:
    run = serctl("ps", f"--watch={period}", ser=FakeSer(ps=ps(1)))
    assert run.status == 2
    assert run.stderr.startswith("serctl: --watch")

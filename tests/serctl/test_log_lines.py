from __future__ import annotations

from collections.abc import Sequence

import pytest

from ser_core.fifo.client import CannotReach, NoReply, Reach
from ser_core.fifo.tables import table_body
from serctl import log_lines
from serctl.log_lines import COLUMNS
from tests.support.serctl_runs import NOW, Answer, FakeSer, Run, serctl

GONE = CannotReach(Reach.STALE, "ser has gone")


def tail(*numbers: int, following: int | None = None, first: int = 1) -> bytes:
    """A reply with the lines of these numbers; line N says "line N"."""
    rows = [
        (str(n), f"{NOW + n:.3f}", "NOTICE", "receiver", "814", "", f"line {n}") for n in numbers
    ]
    if following is None:
        following = numbers[-1] if numbers else first - 1
    return f"200 ok next={following} first={first}\n".encode() + table_body(COLUMNS, rows)


def config(pid: int) -> bytes:
    return b"200 ok\n" + table_body(("name", "value"), [("pid", str(pid))])


def following(
    answers: Sequence[Answer], naps: int, pids: Sequence[Answer] = (config(1),)
) -> tuple[FakeSer, Run]:
    """`log -f` until that many pauses are over."""
    ser = FakeSer(log_tail=list(answers), config=list(pids))
    return ser, serctl("log", "-f", ser=ser, naps=naps)


def texts(stdout: str) -> list[str]:
    return [line.split("\t")[-1] for line in stdout.splitlines()]


def since(ser: FakeSer) -> list[str]:
    return [request[1] for request in ser.requests if request[0] == "log_tail"]


def test_following_goes_on_behind_the_last_line() -> None:
    ser, run = following([tail(1, 2), tail(following=2), tail(3), tail(following=3)], naps=2)
    assert (run.status, run.stderr) == (0, "")
    assert texts(run.stdout) == ["line 1", "line 2", "line 3"]
    assert since(ser) == ["-", "2", "2", "3"]


def test_after_a_page_there_is_a_pause_since_asking_may_itself_be_logged() -> None:
    _, run = following([tail(1), tail(2), tail(3), tail(4)], naps=2)
    assert texts(run.stdout) == ["line 1", "line 2", "line 3", "line 4"]
    assert run.slept == [0.5, 0.5, 0.5]


def test_after_a_full_page_the_next_is_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "MOST", 2)
    _, run = following([tail(1), tail(2, 3), tail(4, 5), tail(6)], naps=0)
    assert texts(run.stdout) == [f"line {n}" for n in range(1, 7)]
    assert run.slept == [0.5]


def test_lines_that_do_not_fit_the_level_are_passed_over() -> None:
    """ser has got to line 9, and none of them was shown."""
    ser, _ = following([tail(1), tail(following=9), tail(following=9)], naps=1)
    assert since(ser) == ["-", "1", "9"]


def test_missed_lines_are_told() -> None:
    _, run = following([tail(1), tail(5, 6, first=5), tail(following=6, first=5)], naps=0)
    assert texts(run.stdout) == ["line 1", "line 5", "line 6"]
    assert run.stderr == "serctl: 3 lines were missed\n"


def test_a_restart_is_told_and_followed_from_its_beginning() -> None:
    ser, run = following([tail(700), tail(following=2), tail(1, 2), tail(following=2)], naps=2)
    assert texts(run.stdout) == ["line 700", "line 1", "line 2"]
    assert run.stderr == "serctl: ser was started again\n"
    assert since(ser) == ["-", "700", "0", "2"]


@pytest.mark.parametrize("error", [GONE, NoReply("no reply within 5 s")])
def test_a_ser_that_has_gone_is_waited_for(error: Exception) -> None:
    answers: list[Answer] = [tail(1), error, tail(2), tail(following=2)]
    _, run = following(answers, naps=2, pids=[config(1), error, config(1)])
    assert texts(run.stdout) == ["line 1", "line 2"]
    assert run.stderr == f"serctl: waiting for ser: {error}\nserctl: ser answers again\n"


def test_another_ser_that_comes_back_is_followed_from_its_beginning() -> None:
    """Also when it has written more lines by now than the old one."""
    ser, run = following(
        [tail(2), GONE, tail(1, 2, 3), tail(following=3)], naps=2, pids=[config(1), config(2)]
    )
    assert texts(run.stdout) == ["line 2", "line 1", "line 2", "line 3"]
    assert since(ser) == ["-", "2", "0", "3"]
    assert run.stderr.endswith("serctl: ser was started again\n")


def test_the_beginning_must_succeed() -> None:
    _, run = following([GONE], naps=5)
    assert (run.status, run.slept) == (3, [])
    _, run = following([tail(1)], naps=5, pids=[GONE])
    assert (run.status, run.slept, run.stdout) == (3, [], "")

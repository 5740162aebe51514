"""One child: when it is started again, when not any more, and what is said of its death."""

from __future__ import annotations

import os
import time

import pytest

from ser_core.exit_codes import ExitCode
from ser_core.server.child import (
    LONGEST_DELAY,
    MAX_QUICK_DEATHS,
    QUICK_DEATH,
    Child,
    ChildSide,
    ChildSpec,
    Serve,
    Side,
    describe,
)


def child(serve: Serve = lambda side: ExitCode.OK) -> Child:
    return Child(0, ChildSpec("receiver 0", serve))


def run(made: Child) -> tuple[int, str]:
    """Fork it, wait for its end; the exit status and what it reported."""
    reading, writing = os.pipe()
    life, life_end = os.pipe()
    made.start(writing, life, (life_end,))
    os.close(writing)
    with os.fdopen(reading, "rb") as reports:
        text = reports.read().decode()
    deadline = time.monotonic() + 10
    status = None
    while status is None and time.monotonic() < deadline:
        status = made.reap()
    os.close(life)
    os.close(life_end)
    assert status is not None
    return os.waitstatus_to_exitcode(status), text


def test_it_reports_that_it_is_ready_and_ends_with_its_status() -> None:
    def serve(side: Side) -> int:
        side.ready()
        return 3

    assert run(child(serve)) == (3, "ready 0\n")


def test_it_can_ask_for_the_end_of_all() -> None:
    def serve(side: Side) -> int:
        side.stop_all()
        return 0

    assert run(child(serve)) == (0, "stop 0\n")


def test_an_os_error_at_the_start_is_a_reason_not_to_start() -> None:
    def serve(side: Side) -> int:
        raise PermissionError(13, "no\nway")

    assert run(child(serve)) == (ExitCode.CANNOT_START, "failed 0 [Errno 13] no\\nway\n")


def test_any_other_exception_is_our_own_mistake(capfd: pytest.CaptureFixture[str]) -> None:
    def serve(side: Side) -> int:
        raise KeyError("oops")

    assert run(child(serve)) == (ExitCode.SOFTWARE, "failed 0 KeyError: 'oops'\n")
    assert "Traceback" in capfd.readouterr().err


def test_sys_exit_in_a_child_does_not_unwind_into_the_attendant() -> None:
    def serve(side: Side) -> int:
        raise SystemExit(9)

    assert run(child(serve))[0] == ExitCode.SOFTWARE


def test_life_reads_as_ended_once_the_attendant_is_gone() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    assert os.read(ChildSide(0, -1, reading).life, 1) == b""
    os.close(reading)


def test_a_report_that_nobody_reads_any_more_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ChildSide(0, writing, -1).ready()
    os.close(writing)


def test_the_first_restart_is_immediate_further_ones_wait_longer_and_longer() -> None:
    made = child()
    delays = []
    now = 1000.0
    for _ in range(MAX_QUICK_DEATHS - 1):
        made.started_at = now
        assert made.buried(now)
        delays.append(made.start_at - now)
    assert delays[0] == 0.0
    assert delays[1:] == sorted(delays[1:])
    assert max(delays) <= LONGEST_DELAY
    assert not made.buried(now)
    for _ in range(5000):  # whoever goes on all the same has a try each second
        made.buried(now)
    assert made.start_at == now + LONGEST_DELAY


def test_a_child_that_lived_for_a_while_is_forgiven() -> None:
    made = child()
    now = 1000.0
    for _ in range(5 * MAX_QUICK_DEATHS):
        made.started_at = now
        made.is_ready = True
        now += QUICK_DEATH + 0.1
        assert made.buried(now)
        assert made.start_at == now


def test_a_child_that_was_never_ready_died_at_once_however_long_it_took() -> None:
    made = child()
    for death in range(MAX_QUICK_DEATHS):
        made.started_at = 0.0
        assert made.buried(1000.0) == (death < MAX_QUICK_DEATHS - 1)


def test_a_heart_is_still_when_it_shows_the_same_again() -> None:
    made = child()
    assert [made.is_still(beat) for beat in (5, 5, 5, 6, 6, 6)] == [0, 1, 2, 0, 1, 2]


def test_signals_to_a_child_that_is_gone_are_no_error() -> None:
    made = child()
    made.terminate()
    run(made)
    made.terminate()
    made.kill()


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0, "exited normally, status=0"),
        (71 << 8, "exited normally, status=71"),
        (9, "exited by a signal 9, core was not generated"),
        (11 | 0x80, "exited by a signal 11, core was generated"),
    ],
)
def test_deaths_are_described_in_sers_words(status: int, text: str) -> None:
    assert describe(status) == text

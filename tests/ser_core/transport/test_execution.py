"""exec(): a program is waited for in its greenlet, but not for ever."""

from __future__ import annotations

import gevent

from ser_core.transport.execution import run_shell


def test_a_program_runs_without_stopping_the_hub() -> None:
    turns: list[int] = []
    running = gevent.spawn(run_shell, "exit 3")
    while not running.ready():
        turns.append(1)
        gevent.sleep(0.001)
    assert running.value == 1
    assert turns


def test_a_program_that_does_not_end_is_ended() -> None:
    assert gevent.spawn(run_shell, "exec sleep 60", 0.05).get(timeout=10) == -1

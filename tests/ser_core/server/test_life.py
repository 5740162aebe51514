"""The life of one process: it beats, and ends when it is told to or left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.daemon import PROJECT, wait_for

PROGRAM = """
import os, sys, gevent
from ser_core import log
from ser_core.modules.api import Counter
from ser_core.server import life
from ser_core.server.child import ChildSide
from ser_core.server.shared import SharedPages

life.BEAT = 0.02
pages, failures = SharedPages(3, []), Counter("failures", "")
mode, attendant = sys.argv[1], int(sys.argv[2])

def on_beat():
    if mode == "fails":
        raise RuntimeError("no beat today")

made = life.Life(ChildSide(1, -1, attendant), pages, failures, on_beat)
made.start()
first = pages.heartbeat_cell(1)[0]
while pages.heartbeat_cell(1)[0] == first or (mode == "fails" and failures.value < 3):
    gevent.sleep(0.005)
assert pages.pid(1) == os.getpid()
print("beating", flush=True)
if mode == "hangs":
    made.wait()
    while True:
        pass
made.wait()
made.stop()
made.ended()
print("ended", failures.value, flush=True)
"""


@contextmanager
def process(mode: str = "good", attendant: int = -1) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, mode, str(attendant)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        pass_fds=[attendant] if attendant >= 0 else [],
    ) as made:
        try:
            assert made.stdout is not None
            assert made.stdout.readline() == "beating\n", made.communicate()[1]
            yield made
        finally:
            made.kill()


def test_it_beats_until_it_is_told_to_end() -> None:
    with process() as made:
        made.send_signal(signal.SIGTERM)
        assert made.communicate(timeout=5)[0] == "ended 0\n"
        assert made.returncode == 0


def test_a_failure_of_what_is_done_with_each_beat_stops_no_heart() -> None:
    with process("fails") as made:
        made.send_signal(signal.SIGTERM)
        out, errors = made.communicate(timeout=5)
        assert int(out.split()[1]) >= 3
        assert "RuntimeError: no beat today" in errors


def test_it_ends_when_the_attendant_is_gone() -> None:
    life, life_end = os.pipe()
    with process("good", life) as made:
        os.close(life_end)
        out, errors = made.communicate(timeout=5)
        assert out == "ended 0\n"
        assert "the attendant is gone" in errors
    os.close(life)


def test_what_takes_too_long_to_end_is_ended_by_the_kernel() -> None:
    with process("hangs") as made:
        made.send_signal(signal.SIGTERM)
        wait_for(lambda: made.poll() is not None, "the end")
        assert made.returncode == -signal.SIGALRM


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR2])
def test_without_an_attendant_other_signals_do_no_harm(number: signal.Signals) -> None:
    with process() as made:
        made.send_signal(number)
        made.send_signal(signal.SIGINT)
        assert made.communicate(timeout=5)[0] == "ended 0\n"


def test_without_an_attendant_it_logs_its_memory_when_asked() -> None:
    with process() as made:
        made.send_signal(signal.SIGUSR1)
        assert made.stderr is not None
        assert "KiB of memory" in made.stderr.readline()

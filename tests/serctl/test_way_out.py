from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from serctl.way_out import ENDING
from tests.support.daemon import PROJECT
from tests.support.serctl_process import COMMAND, environment

HANDLED = "import os, signal, time; from serctl import way_out; way_out.end_in_order()\n"


def run(program: str, *before: str) -> subprocess.CompletedProcess[str]:
    """Run a text; `before` are the words of a program that is to start it."""
    return subprocess.run(
        [*before, sys.executable, "-c", HANDLED + program],
        cwd=PROJECT,
        env={**os.environ, "SERCTL_CONFIG": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_it_in_order(number: signal.Signals) -> None:
    """So that nothing of it is left behind."""
    ended = run(
        "import atexit; from serctl import cli\n"
        "atexit.register(print, 'tidy')\n"
        f"cli.run = lambda *_: os.kill(os.getpid(), {int(number)})\n"
        "cli.main()"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (128 + number, "tidy\n", "")


def test_what_nohup_has_ignored_stays_ignored() -> None:
    ended = run("signal.raise_signal(signal.SIGHUP); print('on')", "nohup")
    assert (ended.returncode, ended.stdout) == (0, "on\n")


def test_who_is_told_isnt_interrupted() -> None:
    ended = run(
        "with way_out.told(print):\n"
        "    signal.raise_signal(signal.SIGHUP)\n"
        "    print('still here')\n"
        "signal.raise_signal(signal.SIGTERM)\n"
        "print('not here')"
    )
    assert (ended.returncode, ended.stdout) == (128 + signal.SIGTERM, "1\nstill here\n")


STUCK = """
way_out.PATIENCE = 0.1
try:
    signal.raise_signal(signal.SIGTERM)
finally:
    time.sleep(60)
"""


def test_what_waits_for_ever_on_the_way_out_is_left_too() -> None:
    assert run(STUCK).returncode == 128 + signal.SIGTERM


SLOW_END = """
class Last:
    def __del__(self, sleep=time.sleep):
        sleep(0.3)
way_out.PATIENCE = 0.1
last = Last()
way_out._lose_patience_with(signal.SIGTERM)
"""


def test_the_alarm_kills_nobody_who_is_at_the_end() -> None:
    assert run(SLOW_END).returncode == 0


@pytest.mark.parametrize("typed", [b"", b"\r\r", b"ul sh\t"])
def test_the_shell_ends_when_its_terminal_is_closed(tmp_path: Path, typed: bytes) -> None:
    """This one never says where its cursor is, so that the shell waits for it at each prompt."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(PROJECT)
        os.execve(
            sys.executable,
            [*COMMAND, "--run-dir", str(tmp_path)],
            environment(XDG_STATE_HOME=str(tmp_path)),
        )
    shown = b""
    while b"serctl>" not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, typed)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 128 + signal.SIGHUP

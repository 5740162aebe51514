"""serctl as a process of its own, told which ser is meant by a run directory."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.daemon import PROJECT

COMMAND = (sys.executable, "-m", "serctl")
TIMEOUT = 30.0


def environment(**variables: str) -> dict[str, str]:
    """Without what the machine, its user or a test before has set for serctl."""
    foreign = ("SER_", "SIP_", "UL_", "ALS_", "WATCH_", "NO_COLOR", "XDG_", "COLUMNS", "LINES")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "SERCTL_CONFIG": "", "PYTHONUNBUFFERED": "1", "TERM": "xterm", **variables}


class Serctl:
    """Runs command lines for one run directory."""

    def __init__(self, run_dir: Path) -> None:
        self._first = [*COMMAND, "--run-dir", str(run_dir)]

    def __call__(
        self, *words: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one, in a pipe."""
        return subprocess.run(
            [*self._first, *words],
            cwd=PROJECT,
            env=environment(**variables),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )

    def out(self, *words: str, **variables: str) -> str:
        """What a run that must succeed, and say nothing on stderr, writes."""
        run = self(*words, **variables)
        assert (run.returncode, run.stderr) == (0, ""), run
        return run.stdout

    def on_terminal(self, *words: str, typed: str = "", **variables: str) -> tuple[int, str]:
        """Run one on a terminal of 100 columns; its status and all that the terminal shows."""
        controlling, terminal = pty.openpty()
        process = subprocess.Popen(
            [*self._first, *words],
            cwd=PROJECT,
            env=environment(COLUMNS="100", LINES="40", **variables),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        os.write(controlling, typed.encode())
        shown = b"".join(until_end(controlling)).decode("utf-8", "replace")
        os.close(controlling)
        return process.wait(TIMEOUT), shown.replace("\r\n", "\n")

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """One that goes on until it is ended; its output can be read line by line."""
        process = subprocess.Popen(
            [*self._first, *words],
            cwd=PROJECT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            with process:
                yield process
        finally:
            process.kill()


def until_end(descriptor: int) -> Iterator[bytes]:
    """What comes from a terminal, until nobody has it open any more."""
    while True:
        try:
            data = os.read(descriptor, 65536)
        except OSError:  # EIO
            return
        if not data:
            return
        yield data

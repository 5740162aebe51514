"""A real terminal, by tmux: keys go in, and what stands on the screen can be read.

with Tmux(["serctl"]) as screen:
    screen.wait_for("serctl>")
    screen.press("ul s", "Tab")
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.daemon import PROJECT, wait_for

TIMEOUT = 20.0
KEYS = ("Tab", "Enter", "Escape", "Up", "Down", "Right", "F1", "F5", "F8", "C-c", "C-d", "C-u",
        "C-z")  # fmt: skip
"""What is a key, not a text."""
ENDED = "ended with"


class Tmux:
    """One program on one screen, in a server of its own."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        width: int = 80,
        height: int = 24,
    ) -> None:
        self._command = command
        self._environment = environment
        self._size = ["-x", str(width), "-y", str(height)]
        self._directory = tempfile.TemporaryDirectory(prefix="ser-tmux-")
        socket = str(Path(self._directory.name) / "socket")
        self._first = ["tmux", "-u", "-S", socket, "-f", os.devnull]

    def __enter__(self) -> Self:
        variables = [f"{name}={text}" for name, text in self._environment.items()]
        program = shlex.join(["env", "-i", *variables, *self._command])
        line = f"stty -ixon; {program}; echo '{ENDED}' $?; exec cat"
        self._tmux("new-session", "-d", *self._size, line)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._tmux("kill-server")
        self._directory.cleanup()

    def press(self, *keys: str) -> None:
        """Type texts, and press the keys that have a name."""
        for key in keys:
            self._tmux("send-keys", *([] if key in KEYS else ["-l"]), key)

    def paste(self, text: str) -> None:
        """As from another window."""
        self._tmux("set-buffer", text)
        self._tmux("paste-buffer", "-p", "-r")

    def enter(self, line: str) -> None:
        """Type a line."""
        self.press(line, "Enter")

    def resize(self, width: int, height: int) -> None:
        """As somebody who pulls at the window."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def lines(self, *, colors: bool = False) -> list[str]:
        """What stands on the screen; empty lines, too, blanks at the end of lines not."""
        shown = self._tmux("capture-pane", "-p", *(["-e"] if colors else []))
        return [line.rstrip() for line in shown.split("\n")[:-1]]

    def wait_for(self, text: str) -> None:
        """Until `text` stands somewhere on the screen."""
        self.wait_until(lambda: any(text in line for line in self.lines()), repr(text))

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Raises AssertionError with the screen."""
        try:
            wait_for(condition, what, TIMEOUT)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *self.lines()])) from None

    def wait_for_end(self) -> int:
        """Until the program has ended; its exit status."""
        self.wait_for(ENDED)
        [line] = [line for line in self.lines() if ENDED in line]
        return int(line.rpartition(" ")[2])

    @property
    def pid(self) -> int:
        """Of the program."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        [child] = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(child)

    def _tmux(self, *words: str) -> str:
        run = subprocess.run(
            [*self._first, *words],
            cwd=PROJECT, env=self._environment, capture_output=True, text=True, check=False,
            timeout=TIMEOUT,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return run.stdout

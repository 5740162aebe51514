"""A terminal without a screen: runs a program, presses keys, and sees when a text comes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

CHUNK = 65536
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|[^\[])")
_CUT = re.compile(rb"\x1b(?:\[[0-9;:?<=>]*)?\Z")
"""An escape sequence whose end hasn't come yet."""
STOP_TIME = 5.0


class NotSeen(RuntimeError):
    """The text didn't come in time."""


class Terminal:
    """A program at the other end of a pseudo-terminal, from its start to its end."""

    def __init__(self, command: Sequence[str], *, columns: int = 120, rows: int = 40) -> None:
        self.began = time.perf_counter()
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execvp(command[0], list(command))
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, size)
        os.set_blocking(self._end, False)

    def press(self, keys: str) -> float:
        """Type; the time at which it was done."""
        at = time.perf_counter()
        os.write(self._end, keys.encode())
        return at

    def wait_for(self, text: str, timeout: float) -> float:
        """The time at which `text` came, among what comes from now on. Raises NotSeen.

        It must stand in one line; its colours don't matter.
        """
        wanted, seen, rest = text.encode(), b"", b""
        deadline = time.perf_counter() + timeout
        while (left := deadline - time.perf_counter()) > 0:
            came = rest + self._read(left)
            cut = _CUT.search(came)
            rest = cut[0] if cut else b""
            seen = seen[-len(wanted) :] + _ESCAPES.sub(b"", came[: len(came) - len(rest)])
            if wanted in seen:
                return time.perf_counter()
        raise NotSeen(f"{text!r} wasn't on the screen within {timeout:g} s")

    def look_on(self, seconds: float) -> None:
        """Take what is written, as a terminal does, so that the program never waits for us."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, timeout: float) -> bytes:
        """What comes next; nothing when nothing does. Raises NotSeen when the program has ended."""
        if not select.select([self._end], [], [], timeout)[0]:
            return b""
        try:
            return os.read(self._end, CHUNK)
        except OSError as error:
            raise NotSeen("the program has ended") from error

    def close(self) -> None:
        """End the program; by force, if it doesn't."""
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIME
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            self._drain()
        os.close(self._end)

    def _drain(self) -> None:
        try:
            self._read(0.05)
        except NotSeen:
            time.sleep(0.01)  # it closes its terminal a moment before it is gone

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

"""Going into the background, without leaving the launching command in the dark.

The command that was typed returns once the receivers run, or with the reason why they don't.
"""

from __future__ import annotations

import contextlib
import os
import sys

from ser_core.exit_codes import ExitCode

_READY = b"ready\n"


class Launch:
    """The daemon's line to the command that launched it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def ready(self) -> None:
        """Let the command return 0."""
        self._tell(_READY)

    def failed(self, code: int, reason: str) -> None:
        """Let the command print the reason and return `code`."""
        one_line = " ".join(reason.splitlines())
        self._tell(f"{code} {one_line}\n".encode("utf-8", "backslashreplace"))

    def _tell(self, line: bytes) -> None:
        if self._descriptor >= 0:
            with contextlib.suppress(BrokenPipeError):  # the command was interrupted
                os.write(self._descriptor, line)
            os.close(self._descriptor)
            self._descriptor = -1


def daemonize(keep_stderr: bool) -> Launch:
    """Go on in the background, in a session of our own; the launching process never returns."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    first = os.fork()
    if first:
        os.close(writing)
        os.waitpid(first, 0)
        os._exit(_wait_for_word(reading))
    os.close(reading)
    os.setsid()
    if os.fork():  # not the leader of its session, so no terminal can become its own
        os._exit(0)
    _leave_terminal(keep_stderr)
    return Launch(writing)


def _leave_terminal(keep_stderr: bool) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1) if keep_stderr else (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _wait_for_word(reading: int) -> int:
    """What the daemon says first, as an exit status; its reason goes to stderr."""
    with os.fdopen(reading, "rb") as pipe:
        word = pipe.readline()
    if word == _READY:
        return ExitCode.OK
    code, _, reason = word.decode("utf-8", "replace").partition(" ")
    if not code.isdecimal():
        code, reason = str(int(ExitCode.SOFTWARE)), "the daemon died before it was ready\n"
    sys.stderr.write(f"ser: {reason}")
    sys.stderr.flush()
    return int(code)

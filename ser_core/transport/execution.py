"""Programs that a script starts with exec()."""

from __future__ import annotations

from gevent.subprocess import DEVNULL, Popen, TimeoutExpired

from ser_core import log

EXEC_TIMEOUT = 60.0
"""Seconds after which a program is ended."""


def run_shell(shell_command: str, timeout: float = EXEC_TIMEOUT) -> int:
    """Run a shell command and wait for its end in the calling greenlet; 1, or -1 when it could not
    be started or took more than `timeout` seconds. Its exit status doesn't count, as in SER."""
    try:
        process = Popen(shell_command, shell=True, stdin=DEVNULL, stdout=DEVNULL)
    except OSError as error:
        log.error("exec: %s", error)
        return -1
    try:
        process.wait(timeout=timeout)
    except TimeoutExpired:
        process.kill()
        process.wait()
        log.error("exec: ended after %d s: %s", timeout, shell_command)
        return -1
    return 1

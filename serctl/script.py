"""`serctl < FILE`: the lines of a file or pipe, one after the other.

As in sh, the lines and whatever reads stdin (`fifo --body -`) share it.
"""

from __future__ import annotations

from serctl.discretion import tells_password
from serctl.environment import Environment
from serctl.exit_status import ExitStatus
from serctl.interpreter import Interpreter, Leave


def run_script(environment: Environment, *, keep_going: bool = False) -> int:
    """The exit status of the first line that fails; with `keep_going` those behind it run, too."""
    interpreter = Interpreter(environment)
    first = int(ExitStatus.OK)
    for number, line in enumerate(iter(environment.stdin.readline, ""), 1):
        try:
            status = interpreter.run(line.rstrip("\r\n")) or ExitStatus.OK
        except Leave:
            break
        if status != ExitStatus.OK:
            shown = "(it has a password)" if tells_password(line) else line.strip()
            environment.note(f"line {number} ended with {int(status)}: {shown}")
            first = first or int(status)
            if not keep_going or status == ExitStatus.INTERRUPTED:
                break
    return first

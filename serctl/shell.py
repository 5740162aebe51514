"""`serctl` alone on a terminal: a shell for its own verbs."""

from __future__ import annotations

import traceback
from typing import Protocol

from serctl.environment import Environment
from serctl.exit_status import ExitStatus
from serctl.interpreter import PROGRAM, Interpreter, Leave

GREETING = "? helps, Tab completes, Ctrl-D leaves.\n"


class Lines(Protocol):
    """Where lines come from."""

    def read(self, status: int) -> str:
        """The next line. Raises EOFError, KeyboardInterrupt."""


class Shell:
    """Reads lines and runs them until the user leaves. Nothing that fails ends it."""

    def __init__(self, environment: Environment, lines: Lines) -> None:
        self._environment = environment
        self._lines = lines
        self._interpreter = Interpreter(environment)

    def run(self) -> int:
        """Answer the exit status, which is always 0: each line has had its own.

        What was pasted runs up to the first line that fails.
        """
        status = int(ExitStatus.OK)
        while True:
            try:
                for line in self._lines.read(status).splitlines():  # several when pasted
                    new = self._guarded(line)
                    status = status if new is None else new
                    if new:
                        break
            except KeyboardInterrupt:  # at the prompt, or just beside a verb
                continue
            except (EOFError, Leave):
                return ExitStatus.OK

    def _guarded(self, line: str) -> int | None:
        try:
            return self._interpreter.run(line)
        except Leave:
            raise
        except Exception:  # noqa: BLE001  # a mistake in one verb; the shell must outlive it
            self._environment.stderr.write(traceback.format_exc())
            return ExitStatus.REFUSED


class PlainLines:
    """For terminals that can do nothing: no editing but the terminal's own, no bar."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def read(self, status: int) -> str:
        environment = self._environment
        failure = f" [{status}]" if status else ""
        environment.stderr.write(f"{PROGRAM}{failure}> ")
        environment.stderr.flush()
        line = environment.stdin.readline()
        if not line:
            environment.stderr.write("\n")
            raise EOFError
        return line


def run_shell(environment: Environment) -> int:
    """The shell that this terminal can have."""
    environment.write(GREETING)
    environment.stdout.flush()
    if environment.variables.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return Shell(environment, PlainLines(environment)).run()
    return _with_editor(environment)


def _with_editor(environment: Environment) -> int:
    from serctl.bottom_bar import BottomBar  # and prompt_toolkit takes a while
    from serctl.history import History, history_path
    from serctl.line_editor import LineEditor
    from serctl.live_values import LiveValues

    history = History(history_path(environment.variables))
    if history.problem:
        environment.note(f"no history is kept: {history.problem}")
    bar, values = BottomBar(environment), LiveValues(environment)
    editor = LineEditor(history, values, bar, colors=environment.wants_colors)
    try:
        return Shell(environment, editor).run()
    finally:
        bar.close()
        values.close()

"""Runs lines of the shell and of scripts: serctl's own command lines, and a few words more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from serctl.cli import root, run
from serctl.environment import Environment
from serctl.exit_status import ExitStatus
from serctl.place import Place
from serctl.shell_help import help_at
from serctl.words import Unfinished, read_line, split

PROGRAM = "serctl"
QUESTION = "?"
"""At the end of a line: what may stand here?"""
HELP = "help"
"""Alone, the same as ? alone; before a verb, what it takes; before anything else a verb itself,
which tells of the FIFO's commands."""
LEAVING = {"exit": "Leave", "quit": "Leave", ":q": "Leave"}


class Leave(Exception):
    """The user has had enough."""


class Interpreter:
    """Runs line by line; what `serctl` itself was given holds for each."""

    def __init__(self, environment: Environment) -> None:
        self._environment = replace(environment, in_shell=True)

    def run(self, text: str) -> int | None:
        """Run a line and answer its exit status; None where nothing stands in it. Raises Leave."""
        try:
            words = without_program(split(text))
        except Unfinished as error:
            self._environment.note(str(error))
            return ExitStatus.USAGE
        if not words:
            return None
        if words[0] in LEAVING:
            raise Leave
        if asks_for_help(text):
            return self._help(words[:-1])
        if words == [HELP] or (words[0] == HELP and is_verb(words[1])):
            return self._help(words[1:])
        return run(words, self._environment)

    def _help(self, words: Sequence[str]) -> int:
        environment = self._environment
        environment.write(help_at(Place.behind(root, words), environment.width))
        environment.stdout.flush()
        return ExitStatus.OK


def is_verb(word: str) -> bool:
    """A verb of serctl's has this name."""
    return not word.startswith("-") and not Place.behind(root, [word]).unknown


def without_program(words: list[str]) -> list[str]:
    """Examples begin with `serctl`, so lines may, too."""
    return words[1:] if words[:1] == [PROGRAM] else words


def asks_for_help(text: str) -> bool:
    """It ends in a ? of its own, without quotes."""
    line = read_line(text)
    return bool(line.words) and line.words[-1].raw == QUESTION

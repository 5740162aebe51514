"""The console examples of a Markdown page: commands behind `$ `, and what they print.

An example holds for other numbers, other widths of columns and other times, too; `…` stands for
anything within a line, and a line of `...` for any number of lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
_MARK = "--- example {} ends ---"
_PARTS = re.compile(r"\d+|-{2,}|\s+|…")
_PATTERNS = {"…": ".*", "-": "-+", "0": r"\d+", " ": r"\s+"}


@dataclass(frozen=True, slots=True)
class Example:
    """A command, and the lines it is said to print."""

    command: str
    output: tuple[str, ...]

    def pattern(self) -> str:
        """A regular expression for what it may print."""
        return "".join(map(_line_pattern, self.output))


def examples_in(markdown: str) -> list[Example]:
    """All of a page, in order."""
    return [example for block in _BLOCK.findall(markdown) for example in _examples(block)]


def _examples(block: str) -> list[Example]:
    _, *parts = re.split(r"^\$ ", block, flags=re.M)
    found = []
    for part in parts:
        command, *output = part.removesuffix("\n").split("\n")
        found.append(Example(command, tuple(output)))
    return found


def _line_pattern(line: str) -> str:
    if line == "...":
        return r"(?:.*\n)*?"
    return rf"{_text_pattern(line)}[ \t]*\n"


def _text_pattern(line: str) -> str:
    pattern, at = "", 0
    for found in _PARTS.finditer(line):
        pattern += re.escape(line[at : found.start()]) + _pattern_of(found[0])
        at = found.end()
    return pattern + re.escape(line[at:])


def _pattern_of(part: str) -> str:
    kind = "0" if part.isdigit() else " " if part.isspace() else part[0]
    return _PATTERNS[kind]


def shell_script(examples: Sequence[Example]) -> str:
    """All commands for one shell, each with a mark behind its output; `$?` stays what it was."""
    lines = []
    for number, example in enumerate(examples):
        mark = _MARK.format(number)
        lines += [example.command, f"status=$?; echo '{mark}'; (exit $status)"]
    return "\n".join(lines)


def outputs(shown: str, examples: Sequence[Example]) -> list[str]:
    """What each command of the script has printed."""
    found = []
    for number in range(len(examples)):
        output, mark, shown = shown.partition(_MARK.format(number) + "\n")
        assert mark, f"nothing came of: {examples[number].command}\n{output}"
        found.append(output)
    return found

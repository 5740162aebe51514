"""What `help` says of a command, from its declaration. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ser_core.fifo.declarations import Argument, FifoCommand, Shape
from ser_core.fifo.tables import table_body

BRIEF = ("command", "arguments", "changes", "help")
FULL = (*BRIEF, "argument_help")

SHAPES = {
    Shape.LINE: "one line",
    Shape.HEADERS: "lines, up to an empty one or a dot",
    Shape.BODY: "lines, up to a dot",
    Shape.REST: "lines, as many as there are",
}


def brief_table(commands: Iterable[FifoCommand]) -> bytes:
    """A row for each command, with the first sentence about it."""
    return table_body(BRIEF, ([*_head(x), x.doc.partition("\n")[0]] for x in commands))


def full_table(commands: Iterable[FifoCommand]) -> bytes:
    """A row for each command, with all that there is to say."""
    return table_body(FULL, ([*_head(x), paragraphs(x.doc), _argument_help(x)] for x in commands))


def paragraphs(doc: str) -> str:
    """The text with a line for each paragraph: how wide a line may be is for others to say."""
    return "\n".join(" ".join(each.split()) for each in re.split(r"\n\s*\n", doc))


def may_be_empty(argument: Argument) -> bool:
    """True for one line that needn't be there."""
    return argument.shape is Shape.LINE and not argument.missing


def _head(command: FifoCommand) -> list[str]:
    arguments = " ".join(map(_shown, command.arguments))
    return [command.name, arguments, "yes" if command.changes else "no"]


def _shown(argument: Argument) -> str:
    """NAME, [NAME] for one that may be missing, NAME... for several lines."""
    if argument.shape is Shape.REST:
        return f"[{argument.name}...]"
    name = argument.name if argument.shape is Shape.LINE else f"{argument.name}..."
    return name if argument.missing else f"[{name}]"


def _argument_help(command: FifoCommand) -> str:
    """A line for each argument: `aor (one line): user, or user@domain`."""
    return "\n".join(map(_line, command.arguments))


def _line(argument: Argument) -> str:
    shape = SHAPES[argument.shape] + (", may be empty" if may_be_empty(argument) else "")
    return f"{argument.name} ({shape}): {argument.help}"

"""What `help` of ser says of its commands, as it is shown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from serctl.environment import Environment
from serctl.output import Column, Format, Record

ALL = (Column("command"), Column("arguments"), Column("changes"), Column("help"))
"""Columns for all commands, a row for each."""
FULL = (*ALL, Column("argument_help", "takes"))
"""Columns for one of them: `help` is the whole text, a line for each paragraph, and `takes` has a
line for each argument."""
WIDTH = 100
"""Where there is no terminal."""
NARROWEST = 30
_NAMES = max(len(column.heading) for column in FULL) + 2


def record_of(environment: Environment, row: Sequence[str]) -> Record:
    """One command; for people its lines are as wide as fits."""
    fields = zip(FULL, row, strict=True)
    if environment.format is not Format.TABLE:
        return Record(list(fields))
    room = max((environment.width or WIDTH) - _NAMES, NARROWEST)
    return Record([line for column, text in fields for line in _lines(column, text, room)])


def _lines(column: Column, text: str, room: int) -> Iterator[tuple[Column, str]]:
    """The heading stands before the first line only."""
    for line in text.split("\n"):
        for part in textwrap.wrap(line, room) or [""]:
            yield column, part
            column = Column("", " ")

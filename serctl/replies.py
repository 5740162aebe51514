"""Reading what ser answers: lines, tables, and the notes behind the status."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from serctl.exit_status import Failure

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply


class Misunderstood(Failure):
    """ser's reply isn't what this version of serctl expects."""

    def __init__(self, reply: Reply) -> None:
        beginning = reply.to_bytes()[:80].decode("utf-8", "replace")
        super().__init__(f"ser and serctl don't fit together: can't read the reply {beginning!r}")


def text_of(reply: Reply) -> str:
    """The body."""
    return reply.body.decode("utf-8", "surrogateescape")


def lines_of(reply: Reply) -> list[str]:
    """The lines of the body."""
    text = text_of(reply).removesuffix("\n")
    return [line.removesuffix("\r") for line in text.split("\n")] if text else []


def rows_of(reply: Reply, *columns: str) -> list[list[str]]:
    """The named columns of the table in the body, whatever stands beside them.

    Raises Misunderstood.
    """
    from ser_core.fifo.tables import read_table

    try:
        names, rows = read_table(reply.body)
        places = [names.index(column) for column in columns]
    except ValueError:
        raise Misunderstood(reply) from None
    return [[row[place] for place in places] for row in rows]


def pairs_of(reply: Reply) -> list[tuple[str, str]]:
    """A table of names and values."""
    return [(name, value) for name, value in rows_of(reply, "name", "value")]


def numbers_of(reply: Reply, *names: str) -> Sequence[int]:
    """Numbers from the status line: `200 ok total=120 matched=7`. Raises Misunderstood."""
    found = dict(re.findall(r"(\w+)=(\d+)", reply.text))
    try:
        return [int(found[name]) for name in names]
    except KeyError:
        raise Misunderstood(reply) from None

"""Tables in the body of a reply, for the commands that SER didn't have. No I/O.

The first line has the names of the columns, each other one is a row; TABs stand between values.
What would break that up is escaped in a value: `\\\\`, `\\t`, `\\r`, `\\n`, and `\\xNN` for other
control bytes. So awk and cut can read a table, and a value can hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain

_SPECIAL = re.compile(r"[\x00-\x1f\x7f\\]")
_ESCAPED = re.compile(r"\\(x[0-9a-f]{2}|.)", re.DOTALL)
_SHORT = {"\\": "\\\\", "\t": "\\t", "\r": "\\r", "\n": "\\n"}
_LONG = {escaped[1]: plain for plain, escaped in _SHORT.items()}


def table_body(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The body of a reply that holds a table.

    Each row is dealt with as it comes, so that a pause between two rows is one in the work.
    """
    return "".join(map(_line, chain((columns,), rows))).encode("utf-8", "surrogateescape")


def read_table(body: bytes) -> tuple[list[str], list[list[str]]]:
    """The columns and rows of such a body. Raises ValueError for another."""
    *lines, rest = body.decode("utf-8", "surrogateescape").split("\n")
    if rest or not lines:
        raise ValueError("a table needs a line of names and a newline behind each line")
    columns, *rows = [[unescape(value) for value in line.split("\t")] for line in lines]
    if any(len(row) != len(columns) for row in rows):
        raise ValueError(f"a row of the table hasn't {len(columns)} values")
    return columns, rows


def escape(value: str) -> str:
    """A value without anything that could be taken for the table's own."""
    return _SPECIAL.sub(lambda found: _SHORT.get(found[0]) or f"\\x{ord(found[0]):02x}", value)


def unescape(value: str) -> str:
    """What `escape` was given; an escape that it doesn't make stays as it is."""
    return _ESCAPED.sub(_meant, value) if "\\" in value else value


def _meant(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code[1:], 16)) if len(code) == 3 else _LONG.get(code, found[0])


def _line(values: Sequence[str]) -> str:
    return "\t".join(map(escape, values)) + "\n"

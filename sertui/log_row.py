"""A row of the log as pieces of text, each with the name of its style. No Textual."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sertui.log_levels import kind_of
from sertui.log_view import Row
from sertui.plain_text import plain
from sertui.snapshot import LogLine

WIDE = 110
"""Columns from which on milliseconds and processes have room."""
FAINT = "faint"
SAID = "said"
FOUND = "found"
PLAIN = ""
LATEST = 253_402_214_400.0
"""The end of the year 9999: no calendar reaches further."""


class Piece(NamedTuple):
    """A text in one style."""

    style: str
    text: str


def pieces(row: Row, *, wide: bool, search: str = "") -> list[Piece]:
    """What stands in the row, from the left."""
    line = row.line
    if line is None:
        return [Piece(SAID, f"── {plain(row.said)} ──")]
    kind = kind_of(line.level)
    found = [
        Piece(kind.name, f"{kind.sign} "),
        Piece(FAINT, f"{clock(line.time, wide=wide)} "),
        Piece(kind.name, f"{plain(line.level):<6} "),
    ]
    if wide:
        found.append(Piece(FAINT, f"{plain(f'{line.process}({line.pid})'):<18} "))
    found += _marked(_style_of_text(kind.name), plain(line.text), search)
    if line.call_id:
        found += _marked(FAINT, f" [{plain(line.call_id)}]", search)
    return found


def as_text(row: Row) -> str:
    """For the clipboard, as ser writes lines itself."""
    line = row.line
    if line is None:
        return f"── {row.said} ──"
    call = f" [{line.call_id}]" if line.call_id else ""
    return plain(
        f"{stamp(line.time)} {line.level:<6} {line.process}({line.pid}): {line.text}{call}"
    )


def fields(line: LogLine) -> list[tuple[str, str]]:
    """All that is known of a line; its text apart."""
    return [
        ("time", stamp(line.time)),
        ("level", plain(line.level)),
        ("process", plain(f"{line.process} ({line.pid})")),
        ("Call-ID", plain(line.call_id) or "none: it belongs to no call"),
        ("number", str(line.seq)),
    ]


def clock(time: float, *, wide: bool) -> str:
    """01:46:52, with milliseconds where there is room."""
    when = _local(time)
    return when.time().isoformat("milliseconds" if wide else "seconds") if when else "??:??:??"


def stamp(time: float) -> str:
    """2026-11-23 01:46:52.092"""
    when = _local(time)
    return when.isoformat(" ", "milliseconds") if when else f"{time:.3f}"


def _local(time: float) -> datetime | None:
    return datetime.fromtimestamp(time) if 0 <= time < LATEST else None


def _style_of_text(kind: str) -> str:
    """Only what needs attention is coloured as a whole."""
    return kind if kind in ("serious", "warned") else PLAIN


def _marked(style: str, text: str, search: str) -> Iterator[Piece]:
    """The text, with what is searched for in a style of its own."""
    parts = re.split(f"({re.escape(search)})", text, flags=re.IGNORECASE) if search else [text]
    for number, part in enumerate(parts):
        if part:
            yield Piece(FOUND if number % 2 else style, part)

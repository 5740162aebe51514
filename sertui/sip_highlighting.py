"""Which parts of a request's text are what, so that they can be coloured. No Textual, no colours.

It never fails: text that is being typed is mostly not a request yet.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Part(enum.Enum):
    """What a line of the text belongs to."""

    COMMENT = "comment"
    REQUEST_LINE = "request line"
    STATUS_LINE = "status line"
    HEADER = "header"
    BLANK = "blank"
    """The line between headers and body."""
    BODY = "body"


class Span(NamedTuple):
    """A piece of a line, from column `start` up to `end`."""

    start: int
    end: int
    kind: str
    """One of KINDS."""


KINDS = ("comment", "method", "status", "uri", "version", "name", "parameter", "number", "body")

_REQUEST_LINE = re.compile(r"\s*(?P<method>\S+)(?:\s+(?P<uri>\S+))?(?:\s+(?P<version>\S+))?")
_STATUS_LINE = re.compile(r"(?P<version>SIP/2\.0)\s+(?P<status>\d.*)")
_NAME = re.compile(r"(?P<name>[^\s:]+)\s*:")
_IN_VALUE = re.compile(
    r"(?P<uri>(?:sips?|tel):[^\s>,\"]+)|(?P<parameter>;\s*[\w.-]+)"
    r"|(?<![\w.@/:+-])(?P<number>\d+)(?![\w.@/:+-])",
    re.I,
)
"""A number is one that stands alone: the digits of an address or a Call-ID are none."""


def parts_of(lines: Sequence[str]) -> list[Part]:
    """What each line is."""
    parts: list[Part] = []
    part = Part.COMMENT
    for line in lines:
        part = _next_part(part, line)
        parts.append(part)
    return parts


def _next_part(before: Part, line: str) -> Part:
    if before in (Part.BLANK, Part.BODY):
        return Part.BODY
    if before is Part.COMMENT:
        if not line.strip() or line.startswith("#"):
            return Part.COMMENT
        return Part.STATUS_LINE if _STATUS_LINE.match(line) else Part.REQUEST_LINE
    return Part.HEADER if line.strip() else Part.BLANK


def spans_of(part: Part, line: str) -> list[Span]:
    """The pieces of a line that have a colour of their own."""
    if part is Part.COMMENT or part is Part.BODY:
        return [Span(0, len(line), part.value)] if line else []
    if part is Part.REQUEST_LINE:
        return list(_groups(_REQUEST_LINE.match(line)))
    if part is Part.STATUS_LINE:
        return list(_groups(_STATUS_LINE.match(line)))
    return list(_header_spans(line))


def _groups(found: re.Match[str] | None) -> Iterator[Span]:
    for name, text in found.groupdict().items() if found else ():
        if text:
            assert found is not None
            yield Span(*found.span(name), name)


def _header_spans(line: str) -> Iterator[Span]:
    name = None if line[:1].isspace() else _NAME.match(line)  # a folded line has no name
    if name is not None:
        yield Span(*name.span("name"), "name")
    for found in _IN_VALUE.finditer(line, name.end() if name else 0):
        kind = found.lastgroup
        assert kind is not None
        yield Span(*found.span(), kind)

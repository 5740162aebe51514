"""Finds the Call-ID in a message that nobody has parsed, to tell whose it is.

Agrees with the parser on every message that the parser accepts; on others any answer will do, since
every process treats them alike. A body is never taken for a header.
"""

from __future__ import annotations

import re
import zlib

_FIELD = re.compile(
    rb"\n(?:call-id|i)[ \t]*:((?:[^\r\n]|\r?\n[ \t]|\r(?!\n))*)|\n\r?\n", re.IGNORECASE
)
"""The first Call-ID header behind the first line, folded or not, or the end of the headers."""
_COMMON = b"\nCall-ID: "
_BLANKS = b" \t\r\n"
_FOLDS = (b" ", b"\t")


def find_call_id(data: bytes) -> bytes:
    """The value of the Call-ID header; empty when there is none."""
    start = data.find(_COMMON)
    if start > 0:
        end = data.find(b"\n", start + 10)
        # Nearly every message has it spelled so, on one line, and among its headers.
        if end > 0 and data[end + 1 : end + 2] not in _FOLDS and _is_in_head(data, start):
            return data[start + 10 : end].strip(_BLANKS)
    found = _FIELD.search(data)
    return (found[1] or b"").strip(_BLANKS) if found is not None else b""


def _is_in_head(data: bytes, line_end: int) -> bool:
    """True when no empty line stands before the line that begins behind `line_end`."""
    stop = line_end + 1
    return data.find(b"\n\r\n", 0, stop) < 0 and data.find(b"\n\n", 0, stop) < 0


def owner_of(call_id: bytes, receivers: int) -> int:
    """The number of the receiver that all messages with this Call-ID belong to."""
    return zlib.crc32(call_id) % receivers

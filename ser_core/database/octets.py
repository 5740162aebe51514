r"""Bytes of SIP messages as text that every database takes, and back.

What is UTF-8 stays as it is. A byte that isn't, and a control character, becomes \xNN; a backslash
is doubled. PostgreSQL takes no NUL, and none of the three takes a lone byte above 127.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f\udc80-\udcff]")
_ESCAPE = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")


def to_text(octets: bytes) -> str:
    """Text that `to_octets` makes the same bytes of; up to four characters for one byte."""
    text = octets.decode("utf-8", "surrogateescape")
    if text.isprintable() and "\\" not in text:
        return text
    return _UNSAFE.sub(_escaped, text)


def to_octets(text: str) -> bytes:
    """The bytes that `to_text` was given."""
    octets = text.encode("utf-8", "surrogateescape")
    if b"\\" not in octets:
        return octets
    return _ESCAPE.sub(_unescaped, octets)


def is_storable(text: str) -> bool:
    """Whether a text can stand in a column as it is; what can't is never found in one."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return "\\\\" if character == "\\" else f"\\x{ord(character) & 0xFF:02x}"


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),)) if match[1] else b"\\"

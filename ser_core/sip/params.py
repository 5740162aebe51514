"""Header parameters: `;name=value` lists as Via, Contact, From and others have them (§25.1).

The text has been read as part of an address or a Via, so it is well-formed. Names compare without
case. Values come as they are written, quotes included; `unquote` takes those off.
"""

from __future__ import annotations

import re

from ser_core.errors import ParseError
from ser_core.sip.abnf import rule

_PARAM = rule(rb"; {SWS} ({TOKEN}) (?: {SWS} = {SWS} ({QUOTED_STRING} | {PLAIN_VALUE})? )? {SWS}")
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)


def pairs(params: bytes) -> list[tuple[bytes, bytes]]:
    """All parameters in order: (lower-case name, value as written, b"" without one)."""
    return [(name.lower(), value) for name, value in _PARAM.findall(params)]


def find(params: bytes, name: bytes) -> bytes | None:
    """The value of the parameter `name` (lower-case); b"" without value, None when absent.

    Raises ParseError when it stands twice with different values: nobody can say which one holds.
    """
    found: bytes | None = None
    if name not in params and name not in params.lower():
        return None
    for key, value in _PARAM.findall(params):
        if key.lower() == name:
            if found is not None and found != value:
                raise ParseError(f"parameter {name.decode('ascii', 'replace')} stands twice")
            found = value
    return found


def unquote(value: bytes) -> bytes:
    """What a quoted-string says; a value without quotes stays as it is."""
    if len(value) < 2 or value[0] != 0x22:
        return value
    inner = value[1:-1]
    return _ESCAPE.sub(rb"\1", inner) if b"\\" in inner else inner

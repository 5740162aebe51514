"""modparam tw_append: what t_write_req and t_write_unix tell beside SER's own lines.

tw_append = NAME:element;element…
element   = [title=]hdr[HEADER]  or  [title=]avp[NAME]  or  msg[body]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ser_core.errors import ParseError
from ser_core.sip.names import canonical

_LIST = re.compile(r"\s*([^\s:]+)\s*:\s*(.+)", re.S)
_ELEMENT = re.compile(r"\s*(?:([^\s=\[\];]+)\s*=\s*)?(hdr|avp|msg)\[([^\s\[\];]+)\]\s*", re.I)


@dataclass(frozen=True, slots=True)
class AppendList:
    """One list."""

    headers: tuple[tuple[bytes, bytes], ...] = ()
    """(title, canonical name)."""
    with_body: bool = False
    """The message's body is told whatever the method."""


def read_append_lists(text: str) -> dict[str, AppendList]:
    """The lists by name, of all values of the parameter, a line each. Raises ValueError."""
    lists: dict[str, AppendList] = {}
    for value in text.splitlines():
        found = _LIST.fullmatch(value)
        if found is None:
            raise ValueError(f'tw_append "{value}" is not NAME:element;…')
        if found[1].lower() in lists:
            raise ValueError(f"tw_append has two lists with the name {found[1]}")
        lists[found[1].lower()] = _read(found[2])
    return lists


def _read(text: str) -> AppendList:
    headers: list[tuple[bytes, bytes]] = []
    with_body = False
    for part in text.split(";"):
        found = _ELEMENT.fullmatch(part)
        if found is None:
            raise ValueError(f'tw_append: "{part}" is not hdr[NAME], avp[NAME] or msg[body]')
        title, kind, name = found[1], found[2].lower(), found[3]
        if kind == "hdr":
            headers.append(((title or name).encode(), _canonical(name)))
        elif kind == "msg":
            if name.lower() != "body":
                raise ValueError(f"tw_append: msg[{name}] is unknown, only msg[body] is there")
            with_body = True
        # avp: there are no AVPs yet, and one that isn't set is left out
    return AppendList(tuple(headers), with_body)


def _canonical(name: str) -> bytes:
    try:
        return canonical(name.encode())
    except ParseError:
        raise ValueError(f"tw_append: {name} can't be the name of a header") from None

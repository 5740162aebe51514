"""What `ul_show_contact` answers, and whom a request can be for. No I/O."""

from __future__ import annotations

import re

from ser_core.fifo.protocol import Reply

SHOW = "ul_show_contact"
_URI = re.compile(r"(sips?|tel):\S+", re.I)
_CONTACT = re.compile(r"<(.*)>;q=[^;]*;expires=-?\d+")


def is_uri(target: str) -> bool:
    """Whether it can be asked by itself; what is no URI may be the name of a user."""
    return _URI.fullmatch(target) is not None


def read_contacts(reply: Reply) -> list[str]:
    """The URIs of a user's contacts. Raises ValueError for a line that is none."""
    text = reply.body.decode("utf-8", "surrogateescape").removesuffix("\n")
    lines = [line.removesuffix("\r") for line in text.split("\n")] if text else []
    return [_uri_in(line) for line in lines]


def _uri_in(line: str) -> str:
    found = _CONTACT.fullmatch(line)
    if found is None:
        raise ValueError(f"{line!r} is no contact")
    return found[1]

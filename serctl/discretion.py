"""Which lines tell a password. They are kept in no history and repeated in no message."""

from __future__ import annotations

import re
from difflib import get_close_matches

from serctl.cli import root
from serctl.interpreter import without_program
from serctl.place import Place
from serctl.words import read_line

PLACES = {"add": 1, "passwd": 1}
"""Verbs that took a password in SER's serctl, and in which place, from 0. Typed so out of habit, it
is refused, but shall be kept nowhere. Also for those that are mistyped."""
_SECRET_OPTION = re.compile(r"--?(pass(?!word-stdin$)|pw\b|secret)", re.I)
_SECRET_IN_URI = re.compile(r"\bsips?:[^\s:@]+:[^\s@]+@", re.I)


def tells_password(text: str) -> bool:
    """Whether a line, finished or not, seems to have a password in it."""
    words = without_program(read_line(text).texts)
    if any(_SECRET_OPTION.match(word) or _SECRET_IN_URI.search(word) for word in words):
        return True
    place = Place.behind(root, words)
    if place.unknown:
        return bool(get_close_matches(place.unknown, list(PLACES)))
    secret = PLACES.get(place.command.name or "") if len(place.path) == 1 else None
    if secret is None or len(place.arguments) <= secret:
        return False
    # `add USER EMAIL` is as it should be; but what isn't an address is taken for a password.
    is_address = place.command.name == "add" and "@" in place.arguments[secret]
    return len(place.arguments) > secret + 1 or not is_address

"""Which lines tell a password. They are kept in no history and repeated in no message."""

from __future__ import annotations

import re
from difflib import get_close_matches

import click

from serctl.cli import root
from serctl.interpreter import without_program
from serctl.place import Place
from serctl.words import read_line

SECRET = "PASSWORD"
"""What the metavar of such an argument or option is called."""
VERBS = ("add", "passwd")
"""Of SER's serctl; also for those that are mistyped."""
_SECRET_OPTION = re.compile(r"--?(pass|pw\b|secret)", re.I)
_SECRET_IN_URI = re.compile(r"\bsips?:[^\s:@]+:[^\s@]+@", re.I)


def tells_password(text: str) -> bool:
    """Whether a line, finished or not, seems to have a password in it."""
    words = without_program(read_line(text).texts)
    if any(_SECRET_OPTION.match(word) or _SECRET_IN_URI.search(word) for word in words):
        return True
    place = Place.behind(root, words)
    if place.unknown:
        return bool(get_close_matches(place.unknown, VERBS))
    secret = _place_of_secret(place.command)
    return secret is not None and len(place.arguments) > secret


def _place_of_secret(command: click.Command) -> int | None:
    """Which of the arguments it is, from 0."""
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    names = " ".join(each.metavar or (each.name or "").upper() for each in arguments).split()
    return next((place for place, name in enumerate(names) if SECRET in name), None)

"""The words that may stand at a place of a command line, for completion."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import click

from serctl.cli import SHORT_FORMS
from serctl.place import Place
from serctl.value_kinds import METHODS, Value, ValueKind

MOST = 100
"""Values that are offered; who has more must type more."""
LONGEST_HELP = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word."""

    text: str
    help: str = ""
    is_open: bool = False
    """More of the same word is to follow, as behind a directory."""


class Source(Protocol):
    """Knows what only a running ser does."""

    def values(self, kind: ValueKind, typed: str, place: Place) -> Iterable[str]:
        """Words of that kind; those that don't begin with `typed` needn't be among them."""


def candidates(place: Place, typed: str, source: Source) -> list[Candidate]:
    """What may stand at `place` and begins with `typed`."""
    if place.unknown:
        return []
    name, equals, beginning = typed.partition("=")
    if place.waiting is None and place.takes_options and typed.startswith("-"):
        if not equals:
            return list(_options(place, typed))
        place.take(name)
        found = _values(place, beginning, source)
        return [replace(each, text=f"{name}={each.text}") for each in found]
    if place.waiting is None and place.group is not None:
        return [each for each in _verbs(place, place.group) if each.text.startswith(typed)]
    return _values(place, typed, source)


def _verbs(place: Place, group: click.Group) -> Iterator[Candidate]:
    names = group.list_commands(place.context)
    for name in [*names, *(SHORT_FORMS if not place.path else ())]:
        command = group.get_command(place.context, name)
        if command is not None and not command.hidden:
            yield Candidate(name, command.get_short_help_str(LONGEST_HELP))


def _options(place: Place, typed: str) -> Iterator[Candidate]:
    """Each by its longest name that fits, unless it stands there already."""
    for option in place.options:
        names = [name for name in option.opts if name.startswith(typed)]
        if names and (option.multiple or option.name not in place.used):
            yield Candidate(max(names, key=len), option.help or "")


def _values(place: Place, typed: str, source: Source) -> list[Candidate]:
    value = place.value()
    if value is None or value.kind is ValueKind.ANYTHING:
        return []
    if value.kind in (ValueKind.FILE, ValueKind.DIRECTORY):
        return list(_files(typed, directories_only=value.kind is ValueKind.DIRECTORY))
    words = _words(value) or source.values(value.kind, typed, place)
    fitting = (word for word in words if word.lower().startswith(typed.lower()))
    return [Candidate(word) for word in list(dict.fromkeys(fitting))[:MOST]]


def _words(value: Value) -> Iterable[str]:
    """Those that need nobody to be asked."""
    if value.kind is ValueKind.METHOD:
        return METHODS
    if value.kind is ValueKind.TEMPLATE:
        from ser_core.sip.request_templates import names  # for `send` only

        return names()
    return value.words


def _files(typed: str, *, directories_only: bool) -> Iterator[Candidate]:
    """A text of the form @FILE is completed behind the @."""
    at, path = ("@", typed[1:]) if typed.startswith("@") else ("", typed)
    directory, name = os.path.split(path)
    for found in _entries(Path(directory or "."), name):
        is_directory = found.is_dir()
        if is_directory or not directories_only:
            text = at + os.path.join(directory, found.name)
            yield Candidate(text + "/" if is_directory else text, is_open=is_directory)


def _entries(directory: Path, name: str) -> list[Path]:
    """What is in a directory; hidden files only when asked for by their dot."""
    try:
        found = sorted(directory.iterdir())
    except OSError:
        return []
    hidden = name.startswith(".")
    return [x for x in found if x.name.startswith(name) and hidden == x.name.startswith(".")][:MOST]

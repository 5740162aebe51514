"""What may stand next in a command line: a walk along the click tree, word by word.

    place = Place.behind(root, ["ul", "rm", "joe"])
    place.value()  # Value(ValueKind.CONTACT)

It runs nothing and refuses nothing, since the line isn't finished.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import click

from serctl.value_kinds import Value, ValueKind, value_of_option, values_of_arguments


class Place:
    """The end of the words that were read so far."""

    def __init__(self, root: click.Command) -> None:
        self.context = click.Context(root, info_name=root.name, **root.context_settings)
        """Of the command that the words have led to."""
        self.path: list[str] = []
        """The words that led there."""
        self.waiting: click.Option | None = None
        """The option whose value comes next."""
        self.arguments: list[str] = []
        """Of the command, without its options."""
        self.given: dict[str, str] = {}
        """Options that have a value already, by click's name."""
        self.used: set[str] = set()
        """Options that stand in the line, by click's name."""
        self.takes_options = True
        self.unknown = ""
        """A word that stands where a verb should, and is none; all is guesswork behind it."""
        self._may_be_number = False

    @classmethod
    def behind(cls, root: click.Command, words: Iterable[str]) -> Self:
        """The place behind these words."""
        place = cls(root)
        for word in words:
            place.take(word)
        return place

    @property
    def command(self) -> click.Command:
        return self.context.command

    @property
    def group(self) -> click.Group | None:
        """The command, when a verb of its own must follow."""
        return self.command if isinstance(self.command, click.Group) else None

    @property
    def options(self) -> list[click.Option]:
        """What the command takes, its own ones first."""
        parameters = self.command.get_params(self.context)
        options = [each for each in parameters if isinstance(each, click.Option)]
        return sorted(options, key=lambda option: option.hidden)

    def value(self) -> Value | None:
        """The value that may stand here; None where only options or verbs may."""
        if self.waiting is not None:
            return value_of_option(self.waiting)
        return None if self.group else self._argument(len(self.arguments))

    def argument_of(self, kind: ValueKind) -> str | None:
        """The first argument of that kind that was given."""
        for number, text in enumerate(self.arguments):
            value = self._argument(number)
            if value is not None and value.kind is kind:
                return text
        return None

    def option(self, name: str) -> click.Option | None:
        """The option of the command that has that name, with its dashes."""
        return next((each for each in self.options if name in each.opts), None)

    def take(self, word: str) -> None:
        """Go on behind a word."""
        number_expected, self._may_be_number = self._may_be_number, False
        if self.waiting is not None:
            self._give(self.waiting, word)
        elif number_expected and word.replace(".", "", 1).isdecimal():
            return  # of --watch
        elif self.takes_options and word == "--":
            self.takes_options = False
        elif self.takes_options and self._is_option(word):
            self._take_option(word)
        elif self.group:
            self._enter(self.group, word)
        else:
            self.arguments.append(word)
            self.takes_options &= self.context.allow_interspersed_args

    def _argument(self, number: int) -> Value | None:
        places = values_of_arguments(self.command)
        if number < len(places):
            return places[number]
        return places[-1] if places and places[-1].repeats else None

    def _is_option(self, word: str) -> bool:
        if len(word) < 2 or not word.startswith("-"):
            return False
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        return not self.context.ignore_unknown_options or self.option(name) is not None

    def _take_option(self, word: str) -> None:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            self._use(self.option(name), value if equals else None)
            return
        for place, letter in enumerate(word[1:], 2):  # -yF json, -Fjson
            option = self.option(f"-{letter}")
            if option is not None and value_of_option(option) is not None:
                self._use(option, word[place:] or None)
                return
            self._use(option, None)

    def _use(self, option: click.Option | None, value: str | None) -> None:
        if option is None or option.name is None:
            return
        self.used.add(option.name)
        if value is not None:
            self._give(option, value)
        elif value_of_option(option) is not None:
            self.waiting = option
        else:
            self._may_be_number = (option.metavar or "").startswith("[")

    def _give(self, option: click.Option, value: str) -> None:
        self.waiting = None
        if option.name is not None:
            self.given[option.name] = value

    def _enter(self, group: click.Group, word: str) -> None:
        command = group.get_command(self.context, word)
        if command is None:
            self.unknown = self.unknown or word
            return
        self.path.append(word)
        self.context = click.Context(
            command, parent=self.context, info_name=word, **command.context_settings
        )

"""What may stand in a place of a command line, for completion. Told by the metavars of --help.

The shell of serctl and the completion files of bash, zsh and fish read this, so that a verb gets
its completion by calling its argument USER.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

import click


class ValueKind(enum.Enum):
    """A kind of word."""

    USER = "user"
    """A registered user."""
    SUBSCRIBER = "subscriber"
    """In the database."""
    GROUP = "group"
    """That `acl grant` grants."""
    DOMAIN = "domain"
    """In the database."""
    INSTANCE = "instance"
    """One of several ser that run."""
    ALIAS = "alias"
    CONTACT = "contact"
    """One of a user, or of anybody."""
    COMMAND = "command"
    """A command of the FIFO."""
    TEMPLATE = "template"
    """Of `serctl send`."""
    METHOD = "method"
    FILE = "file"
    DIRECTORY = "directory"
    WORDS = "words"
    """One of `Value.words`."""
    ANYTHING = "anything"
    """Nobody can know it but the user."""


METHODS = ("OPTIONS", "MESSAGE", "NOTIFY", "INVITE", "INFO", "REGISTER", "SUBSCRIBE", "PUBLISH",
           "REFER", "BYE")  # fmt: skip

_BY_WORD = {
    "USER": ValueKind.USER,
    "SUBSCRIBER": ValueKind.SUBSCRIBER,
    "GROUP": ValueKind.GROUP,
    "DOMAIN": ValueKind.DOMAIN,
    "INSTANCE": ValueKind.INSTANCE,
    "ALIAS": ValueKind.ALIAS,
    "CONTACT": ValueKind.CONTACT,
    "COMMAND": ValueKind.COMMAND,
    "METHOD": ValueKind.METHOD,
    "FILE": ValueKind.FILE,
    "PATH": ValueKind.FILE,
    "DIR": ValueKind.DIRECTORY,
}


@dataclass(frozen=True, slots=True)
class Value:
    """What may stand in one place."""

    kind: ValueKind
    words: tuple[str, ...] = ()
    repeats: bool = False
    """As often as one likes; only the last of a command's arguments does."""


def value_of_option(option: click.Option) -> Value | None:
    """What stands behind an option; None when it takes nothing, or may do without."""
    if option.is_flag or option.count:
        return None
    if option.metavar and option.metavar.startswith("["):
        return None
    if isinstance(option.type, click.Choice):
        return Value(ValueKind.WORDS, tuple(map(str, option.type.choices)))
    if option.name == "template":
        return Value(ValueKind.TEMPLATE)
    return Value(_kind_in(option.metavar or ""))


def values_of_arguments(command: click.Command) -> list[Value]:
    """What stands in the places of a command's arguments, in order."""
    return [
        value
        for parameter in command.params
        if isinstance(parameter, click.Argument) and parameter.metavar != ""  # not to be seen
        for value in _of_argument(parameter)
    ]


def _of_argument(argument: click.Argument) -> list[Value]:
    """An argument of many words may name them one by one: [METHOD] [URI|USER]."""
    if isinstance(argument.type, click.Choice):
        return [Value(ValueKind.WORDS, tuple(map(str, argument.type.choices)))]
    text = argument.metavar or (argument.name or "").upper()
    return [Value(_kind_in(word), repeats="..." in word) for word in text.split()]


def _kind_in(metavar: str) -> ValueKind:
    """The first word of it that means something: URI|USER is completed with users."""
    found = (_BY_WORD.get(word) for word in re.findall(r"[A-Z]+", metavar))
    return next(filter(None, found), ValueKind.ANYTHING)

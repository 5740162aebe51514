"""What ? says in the shell: what may stand at the end of the line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

import click

from serctl.cli import LONGEST_HELP, VERBS
from serctl.place import Place
from serctl.value_kinds import Value, ValueKind, value_of_option, values_of_arguments

Rows = Sequence[tuple[str, str]]

WIDTH = 80
"""Where there is no terminal."""
INDENT = 2
GAP = 2
WIDEST_NAME = 30
NARROWEST_TEXT = 20

KEYS: Rows = (
    ("VERB ?", "What may follow; VERB --help says more."),
    ("Tab", "Complete verbs, options, users, contacts."),
    ("Right, End", "Take the suggestion, which is grey."),
    ("Up, Ctrl-R", "Earlier lines that begin alike, or have a word."),
    ("Ctrl-C", "Clear the line, or end what runs."),
    ("Ctrl-D, :q, exit", "Leave."),
)
_DESCRIPTIONS = {
    ValueKind.USER: "A registered user.",
    ValueKind.INSTANCE: "One of the ser that run.",
    ValueKind.SUBSCRIBER: "A subscriber in the database.",
    ValueKind.GROUP: "One of acl_groups in serctl.toml.",
    ValueKind.DOMAIN: "A domain in the database.",
    ValueKind.ALIAS: "An alias.",
    ValueKind.CONTACT: "A contact of the user.",
    ValueKind.COMMAND: "A command of ser's FIFO.",
    ValueKind.TEMPLATE: "A template, or a file.",
    ValueKind.METHOD: "A SIP method.",
    ValueKind.FILE: "A file.",
    ValueKind.DIRECTORY: "A directory.",
}


def help_at(place: Place, width: int | None) -> str:
    """The text for a place, with a newline at the end."""
    if place.unknown:
        return f"there is no {place.unknown}\n"
    if place.waiting is not None:
        return _drawn([_value_row(place.waiting, place.context)], width)
    if place.group is None:
        return _drawn([*_arguments(place), *_options(place)], width)
    if place.path:
        return _drawn(_verbs(place.group, place.context), width)
    return _drawn([*_overview(), ("", ""), *KEYS], width)


def _overview() -> Iterator[tuple[str, str]]:
    """All verbs, short enough for the smallest terminal."""
    for heading, verbs in VERBS.items():
        yield heading.partition(" (")[0], " ".join(verbs)


def _verbs(group: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command.get_short_help_str(LONGEST_HELP)


def _arguments(place: Place) -> Iterator[tuple[str, str]]:
    """Those that haven't been given, in order."""
    parameters = place.command.params
    arguments = [x for x in parameters if isinstance(x, click.Argument) and x.metavar != ""]
    names = [name for each in arguments for name in _names(each, place.context)]
    values = values_of_arguments(place.command)
    rows = [(name, described(value)) for name, value in zip(names, values, strict=True)]
    may_repeat = values and values[-1].repeats
    yield from rows[len(place.arguments) :] or (rows[-1:] if may_repeat else ())


def _names(argument: click.Argument, context: click.Context) -> list[str]:
    """As --help shows them; several in one where click knows of one argument only."""
    shown = argument.make_metavar(context)
    return shown.split() if argument.metavar else [shown]


def _value_row(option: click.Option, context: click.Context) -> tuple[str, str]:
    value = value_of_option(option)
    return option.make_metavar(context), option.help or (described(value) if value else "")


def described(value: Value) -> str:
    """What may stand in a place, for people."""
    if value.words:
        return f"One of {', '.join(value.words)}."
    return _DESCRIPTIONS.get(value.kind, "")


def _options(place: Place) -> Iterator[tuple[str, str]]:
    """Its own ones."""
    for option in place.command.params:
        if isinstance(option, click.Option) and not option.hidden:
            yield _option_names(option, place.context), option.help or ""
    yield "--help", "More of this verb; alone, the options of all."


def _option_names(option: click.Option, context: click.Context) -> str:
    names = ", ".join(option.opts)
    takes_value = not (option.is_flag or option.count)
    return f"{names} {option.make_metavar(context)}" if takes_value else names


def _drawn(rows: Iterable[tuple[str, str]], width: int | None) -> str:
    """Two columns; what is too long goes on below itself."""
    kept = list(rows)
    left = min(max((len(name) for name, _ in kept), default=0), WIDEST_NAME) + GAP
    room = max((width or WIDTH) - left - INDENT, NARROWEST_TEXT)
    return "".join(line for name, text in kept for line in _row(name, text, left, room))


def _row(name: str, text: str, left: int, room: int) -> Iterator[str]:
    first, *others = textwrap.wrap(text, room) or [""]
    if len(name) + GAP > left:
        yield f"{' ' * INDENT}{name}\n"
        name = ""
    for line in (f"{name:{left}}{first}", *(f"{'':{left}}{other}" for other in others)):
        yield f"{' ' * INDENT}{line}".rstrip() + "\n"

"""What the completion files of bash, zsh and fish share: the verbs of serctl as rows.

Each shell's file holds the rows in its own syntax, and a small program, written by hand, that walks
along the words of a command line. What only a running ser knows (users, aliases, contacts, its FIFO
commands) it asks serctl for, a hundred at most, and waits for a second at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click

from docs.click_tree import Entry, every_entry, other_names, top
from serctl.value_kinds import METHODS, Value, ValueKind, value_of_option, values_of_arguments
from serctl.verbs import shared_options

NOTICE = "Written by docs/generate.py; changes made here are lost."

LIVE = {
    ValueKind.USER: ("ul show --limit 100 --filter", 1),
    ValueKind.INSTANCE: ("instances", 1),
    ValueKind.SUBSCRIBER: ("showdb --limit 100 --filter", 1),
    ValueKind.GROUP: ("acl groups", 1),
    ValueKind.DOMAIN: ("domain show", 1),
    ValueKind.ALIAS: ("alias show --limit 100 --filter", 1),
    ValueKind.CONTACT: ("ul show --limit 100 --filter", 2),
    ValueKind.COMMAND: ("which", 1),
    ValueKind.TEMPLATE: ("send --list", 1),
}
"""Verbs that tell the words of a kind, and the column that they are in.

Those that end in --filter get what has been typed so far.
"""

PLACES = ("--fifo", "--unix-socket", "--instance", "--run-dir")
"""Options that say which ser is meant; whoever asks for words passes them on."""


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An option."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    """None: it takes none."""


@dataclass(frozen=True, slots=True)
class Row:
    """A command."""

    path: str
    """Its words, serctl's own left out."""
    help: str
    subcommands: tuple[tuple[str, str], ...]
    """Names and help."""
    options: tuple[OptionRow, ...]
    """Its own."""
    arguments: tuple[Value, ...]


def rows() -> Iterator[Row]:
    """serctl, its verbs by each of their names, and theirs."""
    for entry in every_entry():
        yield _row(entry, entry.name)
        for name in other_names(entry.name):
            yield _row(entry, name)


def _row(entry: Entry, path: str) -> Row:
    return Row(
        path,
        entry.short_help,
        tuple((name, each.short_help) for each in entry.below for name in _names(each)),
        tuple(_option(each) for each in entry.options) if entry.path else (),
        tuple(values_of_arguments(entry.command)) if not entry.is_group else (),
    )


def _names(entry: Entry) -> list[str]:
    return [entry.path[-1], *other_names(entry.name)]


def shared() -> list[OptionRow]:
    """Options that every command takes."""
    help_row = OptionRow(("-h", "--help"), "Show what it is for, and end.", None)
    own = [_option(each) for each in top().options if each.name == "version"]
    return [help_row, *own, *(_option(each) for each in shared_options(hidden=False))]


def _option(option: click.Option) -> OptionRow:
    return OptionRow(tuple(option.opts), option.help or "", value_of_option(option))


def spoken(value: Value) -> str:
    """How the rows say it: a kind, or the words themselves; dots when it may stand there again."""
    words = METHODS if value.kind is ValueKind.METHOD else value.words
    said = f"words {' '.join(words)}" if words else value.kind.value
    return said + "..." if value.repeats else said

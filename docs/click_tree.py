"""serctl's verbs as the docs and the completions of shells need them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click

from serctl.cli import SHORT_FORMS, VERBS, root


@dataclass(frozen=True, slots=True)
class Entry:
    """A command somewhere in the tree."""

    path: tuple[str, ...]
    """Behind `serctl`."""
    command: click.Command
    context: click.Context

    @property
    def name(self) -> str:
        return " ".join(self.path)

    @property
    def is_group(self) -> bool:
        return isinstance(self.command, click.Group)

    @property
    def usage(self) -> str:
        """Arguments as --help shows them."""
        return " ".join(self.command.collect_usage_pieces(self.context)[1:])

    @property
    def options(self) -> list[click.Option]:
        """Its own, not those that all share."""
        return [
            each
            for each in self.command.params
            if isinstance(each, click.Option) and not each.hidden
        ]

    @property
    def below(self) -> list[Entry]:
        """Its subcommands."""
        if not isinstance(self.command, click.Group):
            return []
        names = self.command.list_commands(self.context)
        return [_entry(self.command, self.context, (*self.path, name)) for name in names]

    @property
    def short_help(self) -> str:
        """The first sentence of its help."""
        return self.command.get_short_help_str(200).rstrip(".")


def _entry(group: click.Group, context: click.Context, path: tuple[str, ...]) -> Entry:
    command = group.get_command(context, path[-1])
    assert command is not None  # it is in the list
    inside = click.Context(command, parent=context, info_name=path[-1])
    return Entry(path, command, inside)


def top() -> Entry:
    """serctl itself."""
    return Entry((), root, click.Context(root, info_name="serctl"))


def sections() -> Iterator[tuple[str, list[Entry]]]:
    """Headings of --help, and all that is below each: verbs, and those of subjects."""
    of_name = {entry.name: entry for entry in top().below}
    for heading, names in VERBS.items():
        yield heading, [each for name in names for each in _with_subcommands(of_name[name])]


def _with_subcommands(entry: Entry) -> list[Entry]:
    return entry.below if entry.is_group else [entry]


def every_entry() -> Iterator[Entry]:
    """serctl, its verbs, and theirs."""
    first = top()
    yield first
    for entry in first.below:
        yield entry
        yield from entry.below


def other_names(name: str) -> list[str]:
    """What else a verb is called."""
    return [other for other, meant in SHORT_FORMS.items() if meant == name]

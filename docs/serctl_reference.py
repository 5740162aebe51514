"""The reference of serctl's verbs, formats and exit statuses, in docs/serctl.md."""

from __future__ import annotations

import enum
import inspect
import textwrap

import click

from docs.click_tree import Entry, other_names, sections, top
from docs.markdown import table
from docs.member_docs import member_docs
from serctl.exit_status import ExitStatus
from serctl.output import Format


def commands() -> str:
    """Every verb with its options, below the headings of --help."""
    parts = [_section(heading, entries) for heading, entries in sections()]
    return "\n".join([f"### Options of all verbs\n\n{_options(top())}", *parts])


def formats() -> str:
    """What -F takes."""
    return _members("`-F`", "what is written", Format)


def statuses() -> str:
    """How serctl ends."""
    return _members("status", "meaning", ExitStatus)


def _members(name: str, meaning: str, kind: type[enum.Enum]) -> str:
    docs = member_docs(kind)
    return table([name, meaning], ([f"`{x.value}`", docs.get(x.name, "")] for x in kind))


def _section(heading: str, entries: list[Entry]) -> str:
    return "\n".join([f"### {heading}\n", *map(_verb, entries)])


def _verb(entry: Entry) -> str:
    parts = [f"#### `{f'serctl {entry.name} {entry.usage}'.strip()}`", help_text(entry.command)]
    if others := other_names(entry.name):
        parts.append(f"Also called {' and '.join(f'`{name}`' for name in others)}.")
    parts.append(_options(entry).rstrip())
    return "\n\n".join(filter(None, parts)) + "\n"


def help_text(command: click.Command) -> str:
    """A docstring as Markdown; what click is told to leave alone (\\b) is code."""
    parts = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(map(_paragraph, parts))


def _paragraph(text: str) -> str:
    if not text.startswith("\b"):
        return text
    return f"```sh\n{textwrap.dedent(text.removeprefix(chr(8)).lstrip(chr(10)))}\n```"


def _options(entry: Entry) -> str:
    rows = ([_names(option, entry.context), option.help or ""] for option in entry.options)
    return table(["option", ""], rows)


def _names(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if option.is_flag or option.count:
        return names
    return f"{names} `{option.make_metavar(context)}`"

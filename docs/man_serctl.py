"""serctl(8), from its verbs, settings and exit statuses."""

from __future__ import annotations

import dataclasses
import inspect
import textwrap
from collections.abc import Iterator

import click

from docs import roff
from docs.click_tree import Entry, other_names, sections, top
from docs.member_docs import member_docs
from serctl.exit_status import ExitStatus
from serctl.output import Format
from serctl.settings import Settings

DESCRIPTION = """\
serctl looks after a running ser(8) through its FIFO. Its verbs are those of SER's serctl, and some
more. Data goes to standard output, all else to standard error.

Without a verb, on a terminal, it is a shell for the same verbs: Tab completes, ? helps, Ctrl-D
leaves. From a file or pipe it reads them line by line, stops at the first that fails, and ends with
its exit status.
"""

ENVIRONMENT = [
    ("NO_COLOR", "Any value: no colours."),
    ("SERCTL_CONFIG", "Read this file instead of the two below."),
    ("VISUAL, EDITOR", "What `send --edit` calls."),
]

FILES = [
    ("/etc/ser/serctl.toml", "Settings for everybody; it explains each of them."),
    ("~/.config/ser/serctl.toml", "Settings of one user, which win over those."),
    ("$XDG_STATE_HOME/ser/serctl_history", "Lines of the shell; in ~/.local/state as a rule."),
]


def page() -> str:
    """The text of the page."""
    return roff.page(
        roff.heading("serctl", 8, "System administration"),
        roff.section("Name", roff.prose("serctl - look after a running ser")),
        roff.section("Synopsis", _synopsis()),
        roff.section("Description", *map(roff.prose, DESCRIPTION.split("\n\n"))),
        roff.section("Options", _options(top())),
        roff.section("Formats", roff.entries(_members(Format))),
        roff.section("Verbs", *(_verbs(heading, verbs) for heading, verbs in sections())),
        roff.section("Exit status", roff.entries(_statuses())),
        roff.section("Environment", roff.entries(_variables())),
        roff.section("Files", roff.entries((roff.italic(k), roff.prose(v)) for k, v in FILES)),
        roff.section("See also", roff.prose("ser(8), ser.cfg(5)")),
    )


def _synopsis() -> str:
    name, options = roff.bold("serctl"), f"[{roff.italic('options')}]"
    return f"{name} {options} {roff.italic('verb')} [{roff.italic('arguments')}]\n.br\n{name}"


def _verbs(heading: str, verbs: list[Entry]) -> str:
    return roff.subsection(heading, *map(_verb, verbs))


def _verb(entry: Entry) -> str:
    text = help_text(entry.command)
    others = other_names(entry.name)
    also = f"Also called {', '.join(map(roff.bold, others))}." if others else ""
    usage = f"{roff.bold(entry.name)} {roff.italic(entry.usage)}".strip()
    options = _options(entry)
    return roff.entry(usage, text, also, f".RS\n{options}\n.RE" if options else "")


def help_text(command: click.Command) -> str:
    """A docstring as roff; what click is told to leave alone (\\b) is left alone here, too."""
    parts = inspect.cleandoc(command.help or "").split("\n\n")
    return roff.apart(*map(_paragraph, parts))


def _paragraph(text: str) -> str:
    if not text.startswith("\b"):
        return roff.prose(text)
    return roff.example(textwrap.dedent(text.removeprefix("\b\n")).splitlines())


def _options(entry: Entry) -> str:
    return roff.entries((_names(each, entry.context), _help(each)) for each in entry.options)


def _names(option: click.Option, context: click.Context) -> str:
    names = ", ".join(roff.bold(name) for name in option.opts)
    if option.is_flag or option.count:
        return names
    value = option.make_metavar(context)
    if isinstance(option.type, click.Choice):
        value = value.strip("[]")
    return f"{names} {roff.italic(value)}"


def _help(option: click.Option) -> str:
    return roff.prose(option.help or "")


def _members(kind: type[Format]) -> Iterator[tuple[str, str]]:
    docs = member_docs(kind)
    for member in kind:
        yield roff.bold(member.value), roff.prose(docs.get(member.name, ""))


def _statuses() -> Iterator[tuple[str, str]]:
    docs = member_docs(ExitStatus)
    for status in ExitStatus:
        yield roff.bold(str(int(status))), roff.prose(docs.get(status.name, ""))


def _variables() -> Iterator[tuple[str, str]]:
    docs = member_docs(Settings)
    for field in dataclasses.fields(Settings):
        variable = field.metadata["variable"]
        if variable:
            text = docs.get(field.name) or f"As {field.name} in serctl.toml."
            yield roff.bold(variable), roff.prose(text)
    for name, text in ENVIRONMENT:
        yield roff.bold(name), roff.prose(text)

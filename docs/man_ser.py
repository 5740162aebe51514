"""ser(8), from the parser of its command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from docs import roff
from docs.member_docs import member_docs
from ser_core.command_line import DEFAULT_CONFIG, DESCRIPTION, make_parser
from ser_core.exit_codes import ExitCode

DETAILS = """\
The configuration is a script: ser.cfg(5) tells its language, and `ser -c` checks one. Without -D it
goes to the background once it serves, with a process that watches, one that reads commands from the
FIFO, and as many receivers as `children` says; one that dies is replaced.

An option wins over the same directive in the file.

As a service it is started by /etc/init.d/ser or by systemd(1); its ports are bound first, then the
processes that talk to the network become the user `ser`. A service manager that sets NOTIFY_SOCKET
is told when all addresses are served, of a reload and of the end, and WATCHDOG_USEC is heeded.
"""

SIGNALS = [
    ("SIGTERM, SIGINT", "Stop; calls that are set up are not torn down. Exit status 0."),
    ("SIGHUP", "Read ser.cfg again, as `serctl reload` does; the log says how that went."),
]

FILES = [
    (str(DEFAULT_CONFIG), "The configuration."),
    ("/etc/default/ser", "What the service is started with: options, user, log file."),
    (
        "/run/ser",
        "As root: a directory for each instance, with the FIFO, the Unix socket and the location "
        "table. Others have theirs in $XDG_RUNTIME_DIR/ser, or in a private directory in /tmp.",
    ),
    (
        "/run/ser/ser.pid",
        "The pid of the service, locked as long as any of its processes lives; one without that "
        "lock is stale, and the next start takes it over.",
    ),
    ("/var/lib/ser/ser.db", "The database, unless ser.cfg names another one."),
]


def page() -> str:
    """The text of the page."""
    parser = make_parser()
    return roff.page(
        roff.heading("ser", 8, "System administration"),
        roff.section("Name", roff.prose("ser - SIP registrar and proxy")),
        roff.section("Synopsis", f"{roff.bold('ser')} [{roff.italic('options')}]"),
        roff.section("Description", *map(roff.prose, [DESCRIPTION, *DETAILS.split("\n\n")])),
        roff.section("Options", *(_group(group) for group in _groups(parser))),
        roff.section("Exit status", roff.entries(_statuses())),
        roff.section("Signals", roff.entries((roff.bold(k), roff.prose(v)) for k, v in SIGNALS)),
        roff.section("Files", roff.entries((roff.italic(k), roff.prose(v)) for k, v in FILES)),
        roff.section("See also", roff.prose("ser.cfg(5), serctl(8)")),
    )


def _statuses() -> Iterable[tuple[str, str]]:
    docs = member_docs(ExitCode)
    for code in ExitCode:
        yield roff.bold(str(int(code))), roff.prose(docs[code.name])


def _groups(parser: argparse.ArgumentParser) -> Iterable[argparse._ArgumentGroup]:
    """argparse has no public way to ask for them."""
    return (group for group in parser._action_groups if group._group_actions)


def _group(group: argparse._ArgumentGroup) -> str:
    entries = [(_names(each), roff.prose(_help(each))) for each in group._group_actions]
    title = group.title or ""
    return roff.subsection(title[:1].upper() + title[1:], roff.entries(entries))


def _names(action: argparse.Action) -> str:
    names = ", ".join(roff.bold(name) for name in action.option_strings)
    if action.nargs == 0:
        return names
    value = "|".join(map(str, action.choices)) if action.choices else action.metavar
    return f"{names} {roff.italic(str(value))}"


def _help(action: argparse.Action) -> str:
    return (action.help or "") % {"default": action.default}

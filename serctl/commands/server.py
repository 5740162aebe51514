"""What ser says about itself: ps, uptime, version, config, stats."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from itertools import groupby

import click

from ser_core.errors import SerError
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.instances import running_instances
from serctl.output import Column, Record, Table, Value, show
from serctl.replies import Misunderstood, lines_of, pairs_of, rows_of, text_of
from serctl.times import Moment
from serctl.verbs import Verb, reading

INSTANCES = (Column("name"), Column("fifo"))
PROCESSES = (Column("index", is_number=True), Column("pid", is_number=True), Column("description"))
COUNTERS = (Column("name"), Column("value", is_number=True), Column("help"))


@click.command(cls=Verb)
@reading
def instances(environment: Environment) -> None:
    """List the ser that run here, by the names that --instance takes."""
    found = running_instances(environment.settings)
    show(environment, Table(INSTANCES, [(each.name, str(each.fifo)) for each in found]))
    if not found:
        environment.note("no ser runs here")


@click.command(cls=Verb)
@reading
def ps(environment: Environment) -> None:
    """Show the processes of ser."""
    reply = environment.ask("ps")
    rows = [line.split("\t", 2) for line in lines_of(reply)]
    if any(len(row) != 3 or not (row[0] + row[1]).isdecimal() for row in rows):
        raise Misunderstood(reply)
    table = Table(PROCESSES, [(int(index), int(pid), what) for index, pid, what in rows])
    show(environment, table, reply)


@click.command(cls=Verb)
@reading
def uptime(environment: Environment) -> None:
    """Show how long ser has been running."""
    reply = environment.ask("uptime")
    found = re.search(rb"^Up time: (\d+) \[sec\]", reply.body, re.M)
    if found is None:
        raise Misunderstood(reply)
    seconds, now = int(found[1]), environment.now()
    record = Record(
        [
            (Column("now"), Moment(now)),
            (Column("up_since"), Moment(now - seconds)),
            (Column("up_time", "up time in seconds"), seconds),
        ]
    )
    show(environment, record, reply)


@click.command(cls=Verb)
@reading
def version(environment: Environment) -> None:
    """Show the versions of serctl and of the ser that runs."""
    from importlib.metadata import version as version_of  # 30 ms

    own = (Column("serctl"), version_of("ser"))
    try:
        reply = environment.ask("version")
    except (SerError, click.ClickException):
        show(environment, Record([own]))
        raise
    theirs = text_of(reply).strip().removeprefix("Server: ")
    show(environment, Record([own, (Column("ser"), theirs)]), reply)


@click.command(cls=Verb)
@reading
def config(environment: Environment) -> None:
    """Show which ser.cfg runs, where ser listens, and where its files are."""
    reply = environment.ask("config")
    fields = []
    for name, pairs in groupby(pairs_of(reply), key=lambda pair: pair[0]):
        values = [value for _, value in pairs]
        fields.append((Column(name), _setting_of(name, values)))
    show(environment, Record(fields), reply)


def _setting_of(name: str, values: list[str]) -> Value:
    """Several of the same name, such as addresses, become a list."""
    if name in ("listen", "alias"):
        return tuple(values)
    [value] = values[:1]
    if name == "loaded" and value.isdecimal():
        return Moment(float(value))
    return int(value) if value.isdecimal() and name != "hash" else value


@click.command(cls=Verb)
@click.argument("pattern", required=False, default="")
@reading
def stats(environment: Environment, pattern: str) -> None:
    """Show counters: all, or those whose name has PATTERN in it.

    PATTERN may have the wildcards * and ?, and then fits whole names.

    \b
        serctl stats core.dropped
        serctl stats 'tm.*_2xx'
    """
    reply = environment.ask("stats")
    rows = [
        (name, _number(value), text)
        for name, value, text in rows_of(reply, "name", "value", "help")
        if (fnmatchcase(name, pattern) if re.search(r"[*?[]", pattern) else pattern in name)
    ]
    if not rows:
        raise Failure(f"no counter's name fits {pattern!r}", ExitStatus.NOT_FOUND)
    show(environment, Table(COUNTERS, rows), reply)


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d+", text) else text

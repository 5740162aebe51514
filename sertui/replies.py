"""Reading what ser answers. Raises ValueError for what makes no sense."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import read_table
from sertui.fifo_commands import FifoCommand
from sertui.snapshot import LogLine, Process

_DOMAIN = re.compile(r"'(.*)' (\d+) -?\d+")


def rows(reply: Reply, *columns: str) -> list[list[str]]:
    """The named columns of the table in the body, whatever stands beside them."""
    names, table = read_table(reply.body)
    places = [names.index(column) for column in columns]
    return [[row[place] for place in places] for row in table]


def pairs(reply: Reply) -> dict[str, str]:
    """A table of names and values; values of one name with blanks between."""
    found: dict[str, str] = {}
    for name, value in rows(reply, "name", "value"):
        found[name] = f"{found[name]} {value}" if name in found else value
    return found


def counters(reply: Reply) -> dict[str, int]:
    """What `stats` answers."""
    return {name: int(value) for name, value in rows(reply, "name", "value")}


def processes(reply: Reply) -> list[Process]:
    """What `ps` answers."""
    return [_process(line) for line in lines(reply)]


def registered(reply: Reply) -> dict[str, int]:
    """Users of each table, from `ul_stats`."""
    return {name: int(number) for name, number in _DOMAIN.findall("\n".join(lines(reply)))}


def log_lines(reply: Reply) -> Iterator[LogLine]:
    """What `log_tail` answers."""
    wanted = ("seq", "time", "level", "process", "pid", "call_id", "text")
    for seq, time, level, process, pid, call_id, text in rows(reply, *wanted):
        yield LogLine(int(seq), float(time), level, process, int(pid or 0), call_id, text)


def noted(reply: Reply, name: str) -> int:
    """A number from the status line: `200 ok next=120 first=1`."""
    found = re.search(rf"\b{name}=(\d+)", reply.text)
    if found is None:
        raise ValueError(f"the reply has no {name}= in {reply.text!r}")
    return int(found[1])


def fifo_commands(reply: Reply) -> Iterator[FifoCommand]:
    """What `help` answers, by name."""
    for name, arguments, changes, words in sorted(
        rows(reply, "command", "arguments", "changes", "help")
    ):
        yield FifoCommand(name, arguments, changes == "yes", words)


def lines(reply: Reply) -> list[str]:
    """The lines of the body."""
    return reply.body.decode("utf-8", "surrogateescape").splitlines()


def _process(line: str) -> Process:
    index, pid, description = line.split("\t", 2)
    return Process(int(index), int(pid), description)

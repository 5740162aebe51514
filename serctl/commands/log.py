"""The log of the running ser, wherever it also goes."""

from __future__ import annotations

from itertools import count

import click

from serctl import times
from serctl.environment import Environment
from serctl.escaping import escaped
from serctl.finite_range import WholeNumber
from serctl.log_lines import COLUMNS, LAST, MOST, Follower, Page, ask_for
from serctl.output import Column, Format, Table, Value, show, show_stream
from serctl.verbs import Verb, pass_environment

SHOWN_COLUMNS = [Column(name, is_time=name == "time") for name in COLUMNS]
STYLES = {"ALERT": "red", "CRIT": "red", "ERR": "red", "WARN": "yellow"}


@click.command(cls=Verb)
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("-n", "--lines", metavar="N", type=WholeNumber(0, MOST), default=20,
    help="How many of the last lines (20).")  # fmt: skip
@click.option("-l", "--level", metavar="LEVEL", default="",
    help="Up to this level, by number or name: ERR, WARN, NOTICE, INFO, 4 to 9.")  # fmt: skip
@click.option("--call-id", metavar="TEXT", help="Only lines of calls with TEXT in their Call-ID.")
@pass_environment
def log(
    environment: Environment, follow: bool, lines: int, level: str, call_id: str | None
) -> None:
    """Show the last lines of the log.

    A line says more the higher the debug level is; see `serctl debug`.

    \b
        serctl log -n 100 -l WARN
        serctl log -f --call-id 3848276298220188511@192.0.2.9
    """
    follower = Follower(environment, level) if follow else None
    wanted = MOST if call_id is not None else max(lines, 1)
    page = ask_for(environment, LAST, wanted, level)
    view = _View(environment, call_id)
    rows = view.fitting(page)
    rows = rows[len(rows) - min(lines, len(rows)) :]
    if follower is None:
        view.show(page, rows)
        return
    try:
        view.stream(page, rows)
        for later in follower.pages(page.next):
            view.stream(later, view.fitting(later))
    except KeyboardInterrupt:
        return


class _View:
    """Lines as they are written."""

    def __init__(self, environment: Environment, call_id: str | None) -> None:
        self._environment = environment
        self._call_id = call_id
        self._numbers = count()

    def fitting(self, page: Page) -> list[list[str]]:
        if self._call_id is None:
            return page.rows
        place = COLUMNS.index("call_id")
        return [row for row in page.rows if self._call_id in row[place]]

    def show(self, page: Page, rows: list[list[str]]) -> None:
        if self._environment.format is Format.TABLE:
            self._write(rows)
        else:
            show(self._environment, Table(SHOWN_COLUMNS, list(map(_cells, rows))), page.reply)

    def stream(self, page: Page, rows: list[list[str]]) -> None:
        """As `show`, for a part of what has no end."""
        is_first = next(self._numbers) == 0
        if self._environment.format is Format.TABLE:
            self._write(rows)
        elif rows or is_first:
            table = Table(SHOWN_COLUMNS, list(map(_cells, rows)))
            show_stream(self._environment, table, page.reply, heading=is_first)
        self._environment.stdout.flush()

    def _write(self, rows: list[list[str]]) -> None:
        for row in rows:
            self._environment.write(_line(self._environment, row) + "\n")


def _line(environment: Environment, row: list[str]) -> str:
    """As ser writes it to stderr; how long ago it was would take the room of the text."""
    _, time, level, process, pid, call_id, text = map(escaped, row)
    name = environment.painted(f"{level:<6}", STYLES.get(level, ""))
    suffix = environment.painted(f" [{call_id}]", "dim") if call_id else ""
    return f"{times.stamp(float(time))} {name} {process}({pid}): {text}{suffix}"


def _cells(row: list[str]) -> list[Value]:
    seq, time, level, process, pid, call_id, text = row
    when = times.Moment(float(time), precision="milliseconds")
    return [int(seq), when, level, process, int(pid), call_id, text]

"""`serctl moni`: SER's statistics, again and again."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ser_core.errors import SerError
from serctl import times
from serctl.environment import Environment
from serctl.escaping import escaped, escaped_lines
from serctl.exit_status import message_of
from serctl.finite_range import WholeNumber
from serctl.monitor_screen import screen
from serctl.output import Column, Format, Table, show
from serctl.readings import SOURCES, Number, numbers_of
from serctl.replies import lines_of
from serctl.sparkline import ASCII_BARS, BARS
from serctl.trends import Trend, Trends
from serctl.verbs import Verb, pass_environment
from serctl.watch import CLEAR_BELOW, CLEAR_LINE, HOME

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply

COLUMNS = (
    Column("section"),
    Column("name"),
    Column("value", is_number=True),
    Column("per_second", is_number=True),
)
ABOUT_SER = ("version", "uptime")
"""What is asked before the numbers."""
CYCLE = "[cycle #: {}; if constant make sure server lives and fifo is on]"
"""SER's first line."""


@click.command(cls=Verb)
@click.argument("loops", type=WholeNumber(min=1), required=False)
@pass_environment
def moni(environment: Environment, loops: int | None) -> None:
    """Show SER's statistics, refreshed in place every WATCH_PERIOD seconds (2).

    Beside each number that moves stand its rate and a small picture of the last two minutes. LOOPS
    ends it after so many looks, Ctrl-C at any time, both with exit status 0. In a pipe it looks
    once.

    \b
        serctl moni
        serctl -F json moni
    """
    if environment.dry_run:
        _print_requests(environment)
        return
    cycles = range(1, loops + 1) if loops else itertools.count(1)
    if not environment.is_terminal and not loops:
        cycles = range(1, 2)
    try:
        _look(environment, cycles)
    except KeyboardInterrupt:
        return


@dataclass(frozen=True, slots=True)
class Reading:
    """What ser says in one cycle."""

    version: Reply
    uptime: Reply
    statistics: Sequence[Reply]
    """In the order of SOURCES."""

    def numbers(self) -> list[Number]:
        pairs = zip(SOURCES, self.statistics, strict=True)
        return [
            number
            for source, reply in pairs
            for number in numbers_of(source, reply.body.decode("utf-8", "surrogateescape"))
        ]


def read(environment: Environment) -> Reading:
    """Ask ser. Raises what Environment.ask raises."""
    version, uptime = map(environment.ask, ABOUT_SER)
    return Reading(version, uptime, [environment.ask(source.command) for source in SOURCES])


def _print_requests(environment: Environment) -> None:
    for command in (*ABOUT_SER, *(source.command for source in SOURCES)):
        environment.request(command)


def _look(environment: Environment, cycles: Iterable[int]) -> None:
    """The first look must succeed; later a ser that has gone is told, and waited for."""
    view = _View(environment)
    for cycle in cycles:
        if cycle > 1:
            environment.sleep(environment.settings.watch_period)
        try:
            view.show(cycle, read(environment))
        except (SerError, click.ClickException) as error:
            if cycle == 1:
                raise
            environment.close()  # the next look connects anew
            view.show_loss(error)


class _View:
    """Shows cycle after cycle."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._trends = Trends()
        self._head: list[str] = []
        self._shown: list[Trend] = []
        self._lost_at: float | None = None

    def show(self, cycle: int, reading: Reading) -> None:
        environment = self._environment
        self._lost_at = None
        self._shown = self._trends.add(reading.numbers(), environment.now())
        self._head = [CYCLE.format(cycle), *map(escaped, _head(reading))]
        if environment.format is Format.RAW:
            text = as_sers_serctl(cycle, reading)
            environment.write(escaped_lines(text) if environment.is_terminal else text)
        elif environment.format is not Format.TABLE:
            show(environment, Table(COLUMNS, [_row(trend) for trend in self._shown]))
        else:
            self._draw(self._head)
        environment.stdout.flush()

    def show_loss(self, error: Exception) -> None:
        """The last numbers stay, dimmed."""
        environment = self._environment
        if not environment.is_terminal or environment.format is not Format.TABLE:
            environment.note(message_of(error))
            return
        now = environment.now()
        self._lost_at = self._lost_at or now
        lost = f"LOST since {times.clock(self._lost_at, now)}; trying again"
        self._draw([lost, escaped(message_of(error)), *self._head[1:]], "dim")
        environment.stdout.flush()

    def _draw(self, head: list[str], style: str = "") -> None:
        environment = self._environment
        columns, height = shutil.get_terminal_size()
        bars = BARS if environment.has_unicode else ASCII_BARS
        lines = screen(head, self._shown, (columns, height - 1), bars)
        if not environment.is_terminal:
            environment.write("".join(f"{line}\n" for line in lines))
            return
        painted = [environment.painted(line, style) if style else line for line in lines]
        painted[0] = environment.painted(lines[0], "red" if self._lost_at else "dim")
        text = "".join(f"{line}{CLEAR_LINE}\n" for line in painted)
        environment.write(HOME + text + CLEAR_BELOW)


def _head(reading: Reading) -> list[str]:
    now, since, up = (*lines_of(reading.uptime), "", "", "")[:3]
    version = " ".join(lines_of(reading.version))
    return [f"{version}   {now}".strip(), f"{up}   {since}".strip()]  # both fit into 80 columns


def _row(trend: Trend) -> list[str | int | float | None]:
    rate = None if trend.rate is None else round(trend.rate, 3)
    return [trend.number.section, trend.number.name, trend.number.value, rate]


def as_sers_serctl(cycle: int, reading: Reading) -> str:
    """The cycle as SER's serctl prints it."""
    bodies = [reply.body.decode("utf-8", "surrogateescape") for reply in reading.statistics]
    sections = [f"\n{source.title}\n{text}" for source, text in zip(SOURCES, bodies, strict=True)]
    first = [reading.version, reading.uptime]
    texts = [reply.body.decode("utf-8", "surrogateescape") for reply in first]
    return "".join([CYCLE.format(cycle), "\n", *texts, *sections]).replace("\r\n", "\n")

"""The log of a running ser, by its numbered lines (log_tail)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ser_core.errors import SerError
from serctl.exit_status import message_of
from serctl.replies import numbers_of, pairs_of, rows_of

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply
    from serctl.environment import Environment

COLUMNS = ("seq", "time", "level", "process", "pid", "call_id", "text")
MOST = 10_000
"""Lines that ser keeps."""
POLL = 0.5
"""Seconds between two looks; a line is shown at most that late."""
LAST = "-"
"""Asks for the last lines, instead of those behind a number."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one request brought."""

    reply: Reply
    rows: list[list[str]]
    """By COLUMNS."""
    next: int
    """To be asked for the next time."""
    first: int
    """The oldest line that ser still has."""


def ask_for(environment: Environment, since: str, limit: int, level: str) -> Page:
    """Lines behind number `since`, at most of `level` (empty: all)."""
    arguments = [since, str(limit), *([level] if level else [])]
    reply = environment.ask("log_tail", *arguments)
    following, first = numbers_of(reply, "next", "first")
    return Page(reply, rows_of(reply, *COLUMNS), following, first)


class Follower:
    """Asks for what is new, through gaps and restarts, which it tells on stderr.

    Made before the first lines are asked for: whose lines they are must be known.
    """

    def __init__(self, environment: Environment, level: str) -> None:
        self._environment = environment
        self._level = level
        self._since = 0
        self._pid = self._pid_of_ser()
        self._is_gone = False

    def pages(self, since: int) -> Iterator[Page]:
        """What comes behind a number, for ever; pages without lines are left out."""
        self._since = since
        while True:
            page = self._look()
            if page is not None and page.rows:
                yield page
            if page is not None:
                self._since = page.next
            if page is None or len(page.rows) < MOST:  # asking makes a line of the log, too
                self._environment.sleep(POLL)

    def _look(self) -> Page | None:
        """One page; None when there is nobody to ask."""
        try:
            self._notice_restart()
            page = ask_for(self._environment, str(self._since), MOST, self._level)
        except (SerError, click.ClickException) as error:
            self._tell_gone(message_of(error))
            return None
        if page.next < self._since:  # numbers begin anew with each start
            self._start_anew()
            return None
        if page.first > self._since + 1:
            self._environment.note(f"{page.first - 1 - self._since} lines were missed")
        return page

    def _notice_restart(self) -> None:
        """After ser was gone: is it another one that is back?"""
        if not self._is_gone:
            return
        pid = self._pid_of_ser()
        self._is_gone = False
        if pid != self._pid:
            self._pid = pid
            self._start_anew()
        else:
            self._environment.note("ser answers again")

    def _start_anew(self) -> None:
        self._environment.note("ser was started again")
        self._since = 0

    def _tell_gone(self, why: str) -> None:
        self._environment.close()
        if not self._is_gone:
            self._environment.note(f"waiting for ser: {why}")
        self._is_gone = True

    def _pid_of_ser(self) -> str:
        return dict(pairs_of(self._environment.ask("config"))).get("pid", "")

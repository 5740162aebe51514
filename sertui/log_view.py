"""The lines of the log that are kept, those of them that are shown, and what is missing between.

Snapshots come in by `watch` and are looked at through `shown`. No Textual, no clock.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from sertui.log_levels import HIGHEST, rank
from sertui.plain_text import plain
from sertui.snapshot import LogLine, Snapshot

CAPACITY = 10_000
"""Lines that are kept, as many as ser itself keeps."""

OUR_COMMANDS = "fifo server"
"""From debug level 4 on, this process tells of every command that it is asked."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the log, or (without one) a sentence about lines that aren't there."""

    number: int
    """Counts upward as rows come; not the daemon's number, which begins anew with it."""
    line: LogLine | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a line must be to be shown."""

    level: int = HIGHEST
    """Lines of this level and below."""
    text: str = ""
    """Stands in the line or its process; case doesn't matter."""
    call_id: str = ""
    """Stands in the Call-ID."""
    commands: bool = False
    """Whether the commands that ser was asked are shown, our own every second among them."""

    def passes(self, row: Row) -> bool:
        """Sentences always pass: they are about what the filter would have seen."""
        line = row.line
        if line is None:
            return True
        if rank(line.level) > self.level or (_is_command(line) and not self.commands):
            return False
        if self.call_id and self.call_id.casefold() not in plain(line.call_id).casefold():
            return False
        return not self.text or self.text.casefold() in searched(line)

    @property
    def is_open(self) -> bool:
        """Whether it lets everything pass, commands apart."""
        return self.level >= HIGHEST and not self.text and not self.call_id


def searched(line: LogLine) -> str:
    """What a text is looked for in: what can be seen, escapes included."""
    return plain(f"{line.process} {line.text} {line.call_id}").casefold()


def _is_command(line: LogLine) -> bool:
    return line.process == OUR_COMMANDS and line.text.startswith("command ")


def _number(row: Row) -> int:
    return row.number


class LogView:
    """A ring of rows and a window onto it."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._kept: deque[Row] = deque()
        self._numbers = 0
        self._last_seq: int | None = None
        self._pid = ""
        self._is_anew = False
        """Its numbers began again, and its pid hasn't been seen yet."""
        self._is_lost = False
        self._paused_at: int | None = None
        self.filter = Filter()
        self.shown: list[Row] = []
        self.waiting = 0
        """Rows that would be shown if we weren't paused."""

    @property
    def kept(self) -> int:
        """How many rows there are, shown or not."""
        return len(self._kept)

    @property
    def is_paused(self) -> bool:
        return self._paused_at is not None

    def watch(self, snapshot: Snapshot) -> None:
        """What a look at ser has brought, be it that ser is lost."""
        if snapshot.connected:
            self._found()
            self._look_at_pid(snapshot.config.get("pid", ""))
        else:
            self._lost(snapshot.problem)
        self.take(snapshot.log)

    def take(self, lines: Iterable[LogLine]) -> None:
        """New lines."""
        for line in lines:
            self._tell_of_gap(line)
            self._last_seq = line.seq
            self._keep(line)
        self._make_room()

    def last(self, count: int, level: int) -> list[Row]:
        """The last lines of at most that level, shown or not; the newest first."""
        found = (row for row in reversed(self._kept) if row.line and rank(row.line.level) <= level)
        return list(islice(found, count))

    def pause(self) -> None:
        """Let `shown` stand still."""
        self._paused_at = self._numbers

    def resume(self) -> None:
        """Show what has come since."""
        self._paused_at = None
        self._refill()

    def set_filter(self, wanted: Filter) -> None:
        """Show the lines that pass this filter."""
        self.filter = wanted
        self._refill()

    def place_of(self, number: int) -> int:
        """Where row `number` stands in `shown`, or the next one behind it, or the last."""
        place = bisect_left(self.shown, number, key=_number)
        return max(min(place, len(self.shown) - 1), 0)

    def find(self, text: str, start: int, step: int = 1) -> int | None:
        """The place of the next row behind `start` that has `text` in it, round the end."""
        wanted = text.casefold()
        if not wanted:
            return None
        count = len(self.shown)
        for distance in range(1, count + 1):
            place = (start + step * distance) % count
            line = self.shown[place].line
            if line is not None and wanted in searched(line):
                return place
        return None

    def _lost(self, problem: str) -> None:
        """Said once."""
        if not self._is_lost:
            self._is_lost = True
            self._keep(None, f"ser is out of reach: {problem}")

    def _found(self) -> None:
        if self._is_lost:
            self._is_lost = False
            self._keep(None, "ser is there again")

    def _look_at_pid(self, pid: str) -> None:
        """Another attendant, another log. Its numbers may have told of it before."""
        if self._pid and pid != self._pid and not self._is_anew:
            self._begin_anew()
        self._is_anew = self._is_anew and pid == self._pid
        self._pid = pid

    def _begin_anew(self) -> None:
        self._keep(None, "ser was started anew: its log begins again")
        self._last_seq = None

    def _tell_of_gap(self, line: LogLine) -> None:
        if self._last_seq is None or line.seq == self._last_seq + 1:
            return
        if line.seq <= self._last_seq:
            self._begin_anew()
            self._is_anew = True
            return
        missing = line.seq - self._last_seq - 1
        were = "line was" if missing == 1 else "lines were"
        self._keep(None, f"{missing:,} {were} left out: more came than could be read")

    def _keep(self, line: LogLine | None, said: str = "") -> None:
        self._numbers += 1
        row = Row(self._numbers, line, said)
        self._kept.append(row)
        if not self.filter.passes(row):
            return
        if self.is_paused:
            self.waiting += 1
        else:
            self.shown.append(row)

    def _make_room(self) -> None:
        while len(self._kept) > self._capacity:
            self._kept.popleft()
        if self._kept and not self.is_paused:
            oldest = self._kept[0].number
            gone = bisect_left(self.shown, oldest, key=_number)
            del self.shown[:gone]

    def _refill(self) -> None:
        """Look through all that is kept; what came while paused goes on waiting."""
        passing = [row for row in self._kept if self.filter.passes(row)]
        end = len(passing)
        if self._paused_at is not None:
            end = bisect_left(passing, self._paused_at + 1, key=_number)
        self.shown = passing[:end]
        self.waiting = len(passing) - end

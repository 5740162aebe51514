"""The last lines of the log, numbered, for log_tail. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple, Protocol

CAPACITY = 10_000
"""Lines that are kept."""


class Line(NamedTuple):
    """A line of the log."""

    time: float
    """Unix seconds."""
    level: int
    process: str
    pid: int
    call_id: str
    """Empty: it belongs to no call."""
    text: str


class Numbering(Protocol):
    """Where the number of the last line stands; it outlives the ring's process."""

    log_lines: int


class Tail(NamedTuple):
    """What `since` finds."""

    lines: list[tuple[int, Line]]
    """Each with its number."""
    next: int
    """Ask for what is behind this number the next time."""
    first: int
    """The oldest number that is still kept; one above `next` when there is none."""


class LogRing:
    """The last lines of all processes, in the order they came here."""

    def __init__(self, numbering: Numbering, capacity: int = CAPACITY) -> None:
        self._numbering = numbering
        self._lines: deque[Line] = deque(maxlen=capacity)

    def add(self, line: Line) -> None:
        """Keep a line; the oldest one goes when there are too many."""
        self._lines.append(line)
        self._numbering.log_lines += 1

    @property
    def last(self) -> int:
        """The number of the newest line."""
        return self._numbering.log_lines

    @property
    def first(self) -> int:
        """The number of the oldest line; `last` + 1 when there is none."""
        return self.last - len(self._lines) + 1

    def newest(self, limit: int, level: int) -> Tail:
        """The last `limit` lines of at most `level`."""
        found: list[tuple[int, Line]] = []
        for number, line in zip(range(self.last, 0, -1), reversed(self._lines), strict=False):
            if len(found) == limit:
                break
            if line.level <= level:
                found.append((number, line))
        return Tail(found[::-1], self.last, self.first)

    def since(self, number: int, limit: int, level: int) -> Tail:
        """The first `limit` lines of at most `level` behind line `number`."""
        found: list[tuple[int, Line]] = []
        for at, line in self._behind(number):
            if line.level > level:
                continue
            if len(found) == limit:
                return Tail(found, found[-1][0] if found else number, self.first)
            found.append((at, line))
        return Tail(found, self.last, self.first)

    def _behind(self, number: int) -> Iterable[tuple[int, Line]]:
        """Lines behind `number`, found from the end: whoever follows the log asks for few."""
        behind = min(max(self.last - number, 0), len(self._lines))
        newest = list(islice(reversed(self._lines), behind))
        return zip(range(self.last - behind + 1, self.last + 1), reversed(newest), strict=True)

"""Commands about the log: how much is written to it, and its last lines."""

from __future__ import annotations

from collections.abc import Iterator

from ser_core import log
from ser_core.fifo.debug_level import DebugLevel
from ser_core.fifo.declarations import Control, fifo_command, rest
from ser_core.fifo.log_ring import CAPACITY, Line, LogRing, Tail
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.fifo.tables import table_body

HIGHEST_LEVEL = log.MESSAGES
LONGEST_TIME = 366 * 86400
DEFAULT_LINES = 100
ROWS_PER_SLICE = 250
"""Lines of the answer that are made between two pauses: some 2 ms."""
NO_NUMBER = b"-"
"""Stands for `since` when a limit or a level is to follow."""
COLUMNS = ("seq", "time", "level", "process", "pid", "call_id", "text")


class LogCommands:
    """debug and log_tail."""

    def __init__(self, debug_level: DebugLevel, ring: LogRing) -> None:
        self._debug_level = debug_level
        self._ring = ring

    @fifo_command(
        rest("level", "0 to 9; then, in a line of its own, the seconds it is to last"),
        changes=True,
        example=("4", "600"),
        reply="200 ok\nname\tvalue\nlevel\t4\nuntil\t1741429800\nback_to\t2",
    )
    def debug(self, control: Control, words: list[bytes]) -> Reply:
        """Show the debug level of all processes, or set it, for good or for some time.

        Answers with a table of names and values: `level`, and while a time runs `until` (Unix
        seconds) and `back_to`. Without arguments nothing is changed.
        """
        if len(words) > 2:
            raise FifoError(400, "debug: at most a level and a number of seconds")
        if words:
            level = _number(words[0], "level", 0, HIGHEST_LEVEL)
            seconds = _number(words[1], "seconds", 1, LONGEST_TIME) if len(words) == 2 else 0
            self._debug_level.set(level, seconds)
        return Reply(body=table_body(("name", "value"), self._debug_rows(control)))

    def _debug_rows(self, control: Control) -> list[tuple[str, str]]:
        rows = [("level", str(self._debug_level.level))]
        left = self._debug_level.left
        if left is not None:
            rows.append(("until", f"{control.wall_time() + left:.0f}"))
            rows.append(("back_to", str(self._debug_level.goes_back_to)))
        return rows

    @fifo_command(
        rest(
            "since",
            "number of a line, or - for the last lines; then how many; then up to which level",
        ),
        slow=True,
        example=("-", "20", "NOTICE"),
        reply="200 ok next=120 first=1\nseq\ttime\tlevel\tprocess\tpid\tcall_id\ttext\n"
        "...\n101\t1741429200.541\tNOTICE\tattendant\t812\t\tready: 4 receivers\n...",
    )
    def log_tail(self, control: Control, words: list[bytes]) -> Reply:
        """The lines of the log behind line `since`, or the last ones; 100 unless told otherwise.

        Answers `200 ok next=N first=M`: ask with since=N for what comes later; M is the oldest
        line that is still there (10,000 are kept), so whoever asks since a number below M - 1 has
        missed some. The level is a number or a name: lines of that level and below are shown.
        """
        if len(words) > 3:
            raise FifoError(400, "log_tail: at most since, limit and level")
        since, limit, level = (*words, *(NO_NUMBER, b"", b"")[len(words) :])
        most = _number(limit, "limit", 1, CAPACITY) if limit else DEFAULT_LINES
        up_to = _level(level) if level else HIGHEST_LEVEL
        if since == NO_NUMBER:
            tail = self._ring.newest(most, up_to)
        else:
            tail = self._ring.since(_number(since, "since", 0, 2**63 - 1), most, up_to)
        body = table_body(COLUMNS, _rows(control, tail))
        return Reply(text=f"ok next={tail.next} first={tail.first}", body=body)


def _rows(control: Control, tail: Tail) -> Iterator[tuple[str, ...]]:
    """The lines of the answer, with a pause now and then."""
    for place, (number, line) in enumerate(tail.lines, 1):
        yield _row(number, line)
        if place % ROWS_PER_SLICE == 0:
            control.pause()


def _row(number: int, line: Line) -> tuple[str, ...]:
    level = log.name_of(line.level)
    when = f"{line.time:.3f}"
    return str(number), when, level, line.process, str(line.pid), line.call_id, line.text


def _number(word: bytes, name: str, lowest: int, highest: int) -> int:
    if word.isdigit() and len(word) < 20 and lowest <= int(word) <= highest:
        return int(word)
    raise FifoError(400, f"{name} is a number from {lowest} to {highest}")


def _level(word: bytes) -> int:
    """A level by number or name."""
    name = word.decode("ascii", "replace").upper()
    for level in range(log.ALERT, HIGHEST_LEVEL + 1):
        if name in (str(level), log.name_of(level)):
            return level
    raise FifoError(400, f"level is a number from {log.ALERT} to {HIGHEST_LEVEL}, or its name")

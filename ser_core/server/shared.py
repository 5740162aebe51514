"""Pages of memory that all processes share: settings, counters, heartbeats.

Made before the fork. Every cell is a signed 64-bit integer; each has one writer, except the
settings, which whoever gives a command writes. So nothing needs a lock, and readers sum.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence

from ser_core.modules.api import Counter

_CELL = 8
_CACHE_LINE = 64
_CELLS_PER_LINE = _CACHE_LINE // _CELL

DEBUG_LEVEL = 0
SCRIPT_GENERATION = 1
REVERT_AT = 2
REVERT_TO = 3
LOG_LINES = 4
_SETTINGS_CELLS = _CELLS_PER_LINE

_HEARTBEAT = 0
_PID = 1
_FIRST_COUNTER = 2

SPARE_COUNTERS = 512
"""Cells in each row for counters of modules that only a later ser.cfg loads."""


def _page(cells: int) -> memoryview:
    """Zeroed memory that the processes forked from now on share."""
    return memoryview(mmap.mmap(-1, cells * _CELL)).cast("q")


class SharedPages:
    """The settings page, and a row of heartbeat, pid and counters for each process.

    Rows begin on a cache line of their own, so that two writers never contend for one.
    """

    def __init__(
        self, processes: int, counter_names: Sequence[str], spare: int = SPARE_COUNTERS
    ) -> None:
        """`counter_names` begin the layout, `spare` may come to them later.

        ValueError when a name stands in it twice.
        """
        self.processes = processes
        self._index = {name: _FIRST_COUNTER + i for i, name in enumerate(counter_names)}
        if len(self._index) != len(counter_names):
            raise ValueError("two counters have the same name")
        self._width = -(-(_FIRST_COUNTER + len(counter_names) + spare) // _CELLS_PER_LINE)
        self._width *= _CELLS_PER_LINE
        self._settings = _page(_SETTINGS_CELLS)
        self._rows = _page(self._width * processes)

    @property
    def counter_names(self) -> tuple[str, ...]:
        """All counters, in the order of the layout."""
        return tuple(self._index)

    def add_counters(self, names: Iterable[str]) -> None:
        """Give cells to counters that have none yet.

        The layout isn't shared, only the cells are: all processes must add the same names in the
        same order. ValueError, and nothing is added, when there is no room.
        """
        missing = [name for name in dict.fromkeys(names) if name not in self._index]
        free = self._width - _FIRST_COUNTER - len(self._index)
        if len(missing) > free:
            raise ValueError(f"there is room for {free} more counters, {len(missing)} are needed")
        for name in missing:
            self._index[name] = _FIRST_COUNTER + len(self._index)

    @property
    def debug_level(self) -> int:
        return self._settings[DEBUG_LEVEL]

    @debug_level.setter
    def debug_level(self, level: int) -> None:
        self._settings[DEBUG_LEVEL] = level

    @property
    def debug_cell(self) -> memoryview:
        """The cell to give to `log.attach_level`."""
        return self._settings[DEBUG_LEVEL : DEBUG_LEVEL + 1]

    @property
    def script_generation(self) -> int:
        """Goes up by one each time another ser.cfg takes effect."""
        return self._settings[SCRIPT_GENERATION]

    @script_generation.setter
    def script_generation(self, generation: int) -> None:
        self._settings[SCRIPT_GENERATION] = generation

    @property
    def revert(self) -> tuple[int, int]:
        """When the debug level goes back, in ms of the monotonic clock (0: it stays), and to what.

        It stands here, so that a process which takes over this duty knows of it.
        """
        return self._settings[REVERT_AT], self._settings[REVERT_TO]

    @revert.setter
    def revert(self, at_and_to: tuple[int, int]) -> None:
        self._settings[REVERT_AT], self._settings[REVERT_TO] = at_and_to

    @property
    def log_lines(self) -> int:
        """The number of the last line in the ring of log lines; a new ring goes on from it."""
        return self._settings[LOG_LINES]

    @log_lines.setter
    def log_lines(self, number: int) -> None:
        self._settings[LOG_LINES] = number

    def pid(self, process: int) -> int:
        """The pid of a process; 0: it is being started."""
        return self._row(process)[_PID]

    def set_pid(self, process: int, pid: int) -> None:
        """Written by the process itself when it starts, by the attendant when it has died."""
        self._row(process)[_PID] = pid

    def _row(self, process: int) -> memoryview:
        if not 0 <= process < self.processes:
            raise IndexError(f"no row for process {process}")
        return self._rows[process * self._width : (process + 1) * self._width]

    def attach(self, counters: Iterable[Counter], process: int) -> None:
        """Let `counters` count in the row of `process`; KeyError for one not in the layout."""
        row = self._row(process)
        for counter in counters:
            counter.attach(row, self._index[counter.name])

    def heartbeat_cell(self, process: int) -> memoryview:
        """The one cell that `process` writes to show that it does something."""
        return self._row(process)[_HEARTBEAT : _HEARTBEAT + 1]

    def value(self, name: str, process: int) -> int:
        """What one process has counted."""
        return self._row(process)[self._index[name]]

    def total(self, name: str) -> int:
        """What all processes together have counted; KeyError for an unknown name."""
        column = self._index[name]
        return sum(self._rows[column :: self._width])

    def totals(self) -> dict[str, int]:
        """All counters summed over the processes, in the order of the layout."""
        return {name: self.total(name) for name in self._index}

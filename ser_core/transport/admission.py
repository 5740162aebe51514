"""Who may hold stream connections: so many in all and from one source, over all processes.

A newcomer that would be one too many in all may take the place of another: the source that holds
the most connections here gives up the one that has been silent longest, if even then it holds no
fewer than the newcomer's. So some dozens of addresses can't shut out everybody else by connecting
and then doing nothing or keeping all alive, and who holds one connection never loses it to anyone.
"""

from __future__ import annotations

from ser_core.transport.connection_counts import Cells, ConnectionCounts
from ser_core.transport.limits import Limits


class Admission:
    """Counts one process's connections among those of all."""

    __slots__ = ("_cells", "_counts", "_limits", "_process", "held")

    def __init__(self, counts: ConnectionCounts, process: int, limits: Limits) -> None:
        self._counts = counts
        self._process = process
        self._limits = limits
        self._cells: dict[str, Cells] = {}
        self.held: dict[str, int] = {}
        """By source address, the accepted connections of this process."""

    # Each is counted first and looked at then: two processes may both refuse the last place, but
    # never both give it.

    def enter(self) -> bool:
        """Count one more connection of any kind; False, and not counted, when there is no room."""
        self._counts.add(self._process, 1)
        if self._counts.total() <= self._limits.max_connections:
            return True
        self._counts.add(self._process, -1)
        return False

    def leave(self) -> None:
        """A connection that had entered has gone."""
        self._counts.add(self._process, -1)

    def enter_from(self, source: str) -> bool:
        """Count one more connection from `source`; False, and not counted, when it has too many."""
        cells = self._cells.get(source) or self._counts.cells_of(source)
        self._counts.add_from(self._process, cells, 1)
        if self._counts.from_source(cells) > self._limits.max_connections_per_source:
            self._counts.add_from(self._process, cells, -1)
            return False
        self._cells[source] = cells
        self.held[source] = self.held.get(source, 0) + 1
        return True

    def leave_from(self, source: str) -> None:
        """A connection that `source` had entered with has gone."""
        self._counts.add_from(self._process, self._cells[source], -1)
        left = self.held[source] - 1
        if left:
            self.held[source] = left
        else:
            del self.held[source], self._cells[source]

    def share_of(self, source: str) -> int:
        """How many connections all processes have accepted from `source`, which has entered."""
        return self._counts.from_source(self._cells[source])

    def who_makes_room(self, share: int) -> str | None:
        """The source that has to give up a connection to one that will hold `share`, or None."""
        if not self.held:
            return None
        greediest = max(self.held, key=self.held.__getitem__)
        return greediest if self.held[greediest] > share else None

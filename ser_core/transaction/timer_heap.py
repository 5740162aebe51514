"""One heap for the deadlines of all transactions of a process.

Deadlines move later far more often than sooner (a response stops a retransmission, a final response
starts the last wait), so an entry isn't moved: when it comes up and its transaction isn't due yet,
it goes back with the deadline of then. An earlier deadline adds a second entry; the first one finds
nothing to do when its time comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from ser_core.transaction.machine import Transaction
from ser_core.transaction.timers import NEVER


class TimerHeap:
    """Transactions by the time at which they must be looked at."""

    __slots__ = ("_heap", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Transaction]] = []
        self._serial = 0

    def __len__(self) -> int:
        return len(self._heap)

    def arm(self, transaction: Transaction) -> None:
        """Make sure that the transaction is looked at when its next timer fires."""
        deadline = transaction.deadline
        if deadline < transaction.armed_at:
            transaction.armed_at = deadline
            self._serial += 1
            heappush(self._heap, (deadline, self._serial, transaction))

    def earliest(self) -> float:
        """When `due` has something to say; infinity when nothing is armed."""
        return self._heap[0][0] if self._heap else NEVER

    def due(self, now: float, limit: int = 1000) -> Iterator[Transaction]:
        """Up to `limit` transactions with a timer that fires by `now`; each must be armed again.

        One at a time, so that the others stay in the heap when something goes wrong with one.
        """
        heap = self._heap
        found = 0
        while heap and heap[0][0] <= now and found < limit:
            at, _, transaction = heappop(heap)
            if at != transaction.armed_at:
                continue  # an earlier entry has taken its place
            transaction.armed_at = NEVER
            if transaction.deadline <= now:
                found += 1
                yield transaction
            else:
                self.arm(transaction)

"""What a process counts about its databases."""

from __future__ import annotations

from ser_core.modules.api import Counter


class DatabaseCounters:
    """One set per process, for all its databases together."""

    def __init__(self) -> None:
        self.queries = Counter("database.queries", "pieces of work given to databases")
        self.failures = Counter("database.failures", "of these, what failed or was refused")
        self.waiting = Counter("database.waiting", "pieces of work under way or queued now")
        self.down = Counter("database.down", "databases that can't be reached now, per process")

    def all(self) -> list[Counter]:
        """In a fixed order."""
        return list(vars(self).values())

    def start_anew(self) -> None:
        """Nothing waits and nothing is down, whatever a process that died has left here."""
        for gauge in (self.waiting, self.down):
            gauge.add(-gauge.value)

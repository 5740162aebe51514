"""The core's own counters."""

from __future__ import annotations

from ser_core.modules.api import Counter


class DriverCounters:
    """What one process has received, and what became of it when it wasn't ordinary."""

    def __init__(self) -> None:
        self.requests = Counter("core.requests", "requests received")
        self.responses = Counter("core.responses", "responses received")
        self.unreadable = Counter("core.unreadable", "messages that can't be read")
        self.refused = Counter("core.refused", "requests refused before the script")
        self.unanswerable = Counter("core.unanswerable", "of those two, what got no answer")
        self.stray_responses = Counter("core.stray_responses", "responses nobody asked for")
        self.failures = Counter("core.failures", "exceptions caught; each is in the log")

    def all(self) -> list[Counter]:
        """In a fixed order."""
        return list(vars(self).values())

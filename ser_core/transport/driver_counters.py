"""The core's own counters."""

from __future__ import annotations

from ser_core.modules.api import Counter
from ser_core.transport.message_counters import MessageCounters


class DriverCounters:
    """What one process has received, and what became of it when it wasn't ordinary."""

    def __init__(self) -> None:
        self.requests = Counter("core.requests", "requests received")
        self.responses = Counter("core.responses", "responses received")
        self.unreadable = Counter("core.unreadable", "messages that can't be read")
        self.refused = Counter("core.refused", "requests refused before the script")
        self.unanswerable = Counter("core.unanswerable", "of those two, what got no answer")
        self.turned_away = Counter("core.turned_away", "messages refused: too many were waiting")
        self.stray_responses = Counter("core.stray_responses", "responses nobody asked for")
        self.failures = Counter("core.failures", "exceptions caught; each is in the log")
        self.received = MessageCounters("received")
        self.sent = MessageCounters("sent")

    def all(self) -> list[Counter]:
        """In a fixed order."""
        own = [each for each in vars(self).values() if isinstance(each, Counter)]
        return [*own, *self.received.all(), *self.sent.all()]

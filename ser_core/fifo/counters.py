"""What the control channel counts. What is asked is answered, lost or refused, and each counts."""

from __future__ import annotations

from ser_core.modules.api import Counter


class FifoCounters:
    """Requests and replies of the FIFO and the command socket."""

    def __init__(self) -> None:
        self.requests = Counter("fifo.requests", "requests given to their commands")
        self.bad_requests = Counter("fifo.bad_requests", "requests that could not be read")
        self.replies = Counter("fifo.replies", "replies delivered")
        self.replies_lost = Counter("fifo.replies_lost", "replies that nobody took")
        self.refused_pipes = Counter(
            "fifo.refused_pipes", "replies not written because their pipe isn't safe"
        )
        self.remade = Counter("fifo.remade", "times the FIFO or the socket was gone and made again")
        self.log_lines_lost = Counter(
            "fifo.log_lines_lost", "lines of the log that came too fast for log_tail"
        )
        self.failures = Counter(
            "fifo.failures", "exceptions stopped where one request is handled, and failed reads"
        )

    def all(self) -> list[Counter]:
        """In a fixed order."""
        return list(vars(self).values())

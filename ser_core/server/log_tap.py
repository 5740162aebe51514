"""Sends every line of the log to the process that keeps the last ones for log_tail."""

from __future__ import annotations

import os
import time

from ser_core import log
from ser_core.fifo.log_ring import Line, LogRing
from ser_core.server.bus_messages import LogLine
from ser_core.server.plan import Plan


def tap_into_bus(plan: Plan) -> None:
    """Send the lines of this process, and of those forked from it. What doesn't fit is counted."""

    def take(level: int, call_id: str, text: str) -> None:
        if not plan.bus.post(plan.fifo_place, LogLine(*_line(level, call_id, text))):
            plan.counters.fifo.log_lines_lost.add()

    log.tap(take)


def tap_into(ring: LogRing) -> None:
    """Keep the lines of this process in its own ring."""

    def take(level: int, call_id: str, text: str) -> None:
        ring.add(_line(level, call_id, text))

    log.tap(take)


def line_of(message: LogLine) -> Line:
    """What another process has sent."""
    x = message
    return Line(x.time, x.level, x.process, x.pid, x.call_id, x.text)


def _line(level: int, call_id: str, text: str) -> Line:
    """A line as it goes into the ring: bytes that are no UTF-8 are shown, as in the log itself."""
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    return Line(time.time(), level, log.process_name(), os.getpid(), call_id, text)

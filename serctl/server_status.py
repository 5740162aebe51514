"""What the shell's bottom bar tells of ser: three requests, and how fast messages come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from serctl.environment import Client
from serctl.readings import SOURCES
from serctl.replies import pairs_of, text_of
from serctl.settings import Settings

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply

RECEIVED = ("core.requests", "core.responses")
"""Counters of the messages that came in."""
WINDOW = 10.0
"""Seconds over which messages a second are averaged, so that the number is calm."""
SHORTEST = 1.0
"""Seconds below which a rate would be chance."""
_USERS = next(source for source in SOURCES if source.command == "ul_stats")


@dataclass(frozen=True, slots=True)
class Status:
    """One look at ser; None where this ser doesn't say."""

    instance: str = ""
    uptime: int | None = None
    """Seconds."""
    registered: int | None = None
    """Users who are."""
    per_second: float | None = None
    """Messages that come in."""
    debug: int | None = None


class Observer:
    """Looks again and again."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def look(self, client: Client, settings: Settings, now: float, timeout: float) -> Status:
        """The status at `now`, in seconds. Raises what a client raises, and Misunderstood."""
        config = _values(client.ask("config", timeout=timeout))
        stats = _values(client.ask("stats", *RECEIVED, timeout=timeout))
        users = client.ask("ul_stats", timeout=timeout)
        return Status(
            PurePath(config.get("run_dir", "")).name,
            _number(config.get("uptime")),
            dict(_USERS.read(text_of(users))).get(f"{settings.location_table} users"),
            self._rate(now, sum(_number(stats.get(name)) or 0 for name in RECEIVED)),
            _number(config.get("debug")),
        )

    def _rate(self, now: float, count: int) -> float | None:
        counts = self._counts
        if counts and count < counts[-1][1]:  # another ser, which began anew
            counts.clear()
        counts.append((now, count))
        while len(counts) > 2 and now - counts[1][0] >= WINDOW:
            counts.popleft()
        then, before = counts[0]
        return (count - before) / (now - then) if now - then >= SHORTEST else None


def _values(reply: Reply) -> dict[str, str]:
    """Names and values; none from a ser that doesn't have the command."""
    return dict(pairs_of(reply)) if reply.is_ok else {}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None

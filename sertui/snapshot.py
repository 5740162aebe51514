"""All that can be on a screen, at one moment. Values without Textual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Process:
    """One process of ser."""

    index: int
    pid: int
    """0 while it is being started."""
    description: str
    cpu: float | None = None
    """Percent of a core; None where it can't be known (yet)."""
    rss: int | None = None
    """Bytes of memory."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the daemon's log."""

    seq: int
    time: float
    level: str
    process: str
    pid: int
    call_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of ser; of one that is lost, what was known last."""

    instance: str = ""
    taken_at: float = 0.0
    """Unix time."""
    seen_at: float = 0.0
    """When ser answered last; 0: never."""
    connected: bool = False
    problem: str = ""
    """Why not, in words; empty when connected."""
    version: str = ""
    uptime: float | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    """What the command of that name says; `listen` has all addresses, with blanks between."""
    commands: frozenset[str] = frozenset()
    """The FIFO commands that this ser has."""
    processes: tuple[Process, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    """Of counters, per second since the snapshot before; none in the first one."""
    registrations: int | None = None
    """Users who are registered."""
    debug_level: int | None = None
    debug_until: float | None = None
    """When it goes back to `debug_back_to`."""
    debug_back_to: int | None = None
    log: tuple[LogLine, ...] = ()
    """Those that are new since the snapshot before."""
    sequence: int = 0
    """One more for each."""

"""A `Control` with a location table and nothing else, for FIFO commands without a daemon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ser_core.registrar.location import Location, MemoryLocation
from tests.support.registrar import START


def _two_tables() -> Location:
    return MemoryLocation("aliases", "location")


@dataclass
class LocationControl:
    """As much of `Control` as the commands of usrloc ask for."""

    location: Any = field(default_factory=_two_tables)
    now: float = START
    modules: dict[str, Any] = field(default_factory=dict)
    """Of the program, by name."""
    on_pause: Callable[[], object] = lambda: None
    """What others do meanwhile."""
    pauses: int = 0

    @property
    def program(self) -> Any:
        return SimpleNamespace(modules=self.modules)

    def wall_time(self) -> float:
        return self.now

    def pause(self) -> None:
        self.pauses += 1
        self.on_pause()

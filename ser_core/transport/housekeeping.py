"""What modules do once a second: expire registrations, and the like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gevent

from ser_core import log
from ser_core.modules.api import Counter, Module

CATCH_UP_DELAY = 0.02
"""Seconds that messages have between two pieces of work of a module that is behind."""


class Housekeeping:
    """Calls `on_tick` of all modules, in the one process that keeps house."""

    def __init__(self, wall_time: Callable[[], float], failures: Counter) -> None:
        self._modules: Sequence[Module] = ()
        self._wall_time = wall_time
        self._failures = failures
        self._timer: Any = None  # Any: gevent's watchers have no public type
        self._catch_up_timer: Any = None

    def use(self, modules: Sequence[Module]) -> None:
        """Call these from now on."""
        self._modules = modules

    def start(self) -> None:
        """Tick from now on."""
        self._timer = gevent.get_hub().loop.timer(1.0, 1.0)
        self._timer.start(self.tick)

    def stop(self) -> None:
        """Tick no more."""
        for timer in (self._timer, self._catch_up_timer):
            if timer is not None:
                timer.stop()
                timer.close()
        self._timer = self._catch_up_timer = None

    def tick(self) -> None:
        """Once a second, and sooner again for the modules that are behind with their work."""
        self._keep_house(self._modules)

    def _keep_house(self, modules: Sequence[Module]) -> None:
        now = self._wall_time()
        for module in modules:
            try:
                module.on_tick(now)
            except Exception:  # noqa: BLE001  guard: one module's failure must not stop the others
                module.behind = False
                self._failures.add()
                log.exception("housekeeping of %s failed", module.name)
        behind = [module for module in modules if module.behind]
        if behind and self._catch_up_timer is None:
            self._catch_up_timer = gevent.get_hub().loop.timer(CATCH_UP_DELAY)
            self._catch_up_timer.start(self._catch_up)

    def _catch_up(self) -> None:
        self._catch_up_timer.close()
        self._catch_up_timer = None
        self._keep_house([module for module in self._modules if module.behind])

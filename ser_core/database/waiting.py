"""Greenlets that wait for what native threads do, each until its own deadline.

One timer is enough for all of them: most are served long before it goes off, and a timer for each
would cost more than many a query.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import gevent
from gevent.hub import Waiter

T = TypeVar("T")

SOONEST: Final = 0.001
"""Seconds; a timer that goes off a little early is set once more."""


class TooLate(Exception):
    """The wait is over, and there is no result."""


class Wait(Generic[T]):
    """A greenlet that waits; the first result counts. To be used in the hub's thread."""

    __slots__ = ("_waiter", "due", "is_over", "slow_at")

    def __init__(self, due: float, slow_at: float) -> None:
        self.due = due
        self.slow_at = slow_at
        """When somebody shall hear of it; infinity once that is done."""
        self.is_over = False
        self._waiter: Any = Waiter()  # Any: gevent's has no type of its own

    def get(self) -> T:
        """Wait; raises what was given to `fail`, and what is thrown into this greenlet."""
        value: T = self._waiter.get()
        return value

    def take(self, value: T) -> None:
        """Hand the result over; from the hub."""
        if not self.is_over:
            self.is_over = True
            self._waiter.switch(value)

    def fail(self, error: BaseException) -> None:
        """Raise it there; from the hub."""
        if not self.is_over:
            self.is_over = True
            self._waiter.throw(error)


class Waiting:
    """All who wait for the same thing, such as a database."""

    def __init__(
        self, slow_after: float = math.inf, on_slow: Callable[[], None] = lambda: None
    ) -> None:
        """`on_slow` is told, in the hub, when somebody has waited for so many seconds."""
        self._slow_after = slow_after
        self._on_slow = on_slow
        self._waits: set[Wait[Any]] = set()  # Any: each for its own
        self._loop = gevent.get_hub().loop
        self._timer: Any = None  # Any: gevent's
        self._goes_off = math.inf

    def begin(self, timeout: float) -> Wait[Any]:
        """To be given to whoever brings the result; `end` must follow, whatever happens."""
        now = time.monotonic()
        wait: Wait[Any] = Wait(now + timeout, now + self._slow_after)
        self._waits.add(wait)
        first = min(wait.due, wait.slow_at)
        if first < self._goes_off:
            self._set_timer(first - now)
        return wait

    def end(self, wait: Wait[Any]) -> None:
        """Nobody waits any more."""
        wait.is_over = True
        self._waits.discard(wait)

    def fail_all(self, error: Callable[[], BaseException]) -> None:
        """Raise an error wherever somebody waits now."""
        for wait in list(self._waits):
            self._loop.run_callback(wait.fail, error())

    def close(self) -> None:
        """Let go of the timer; nobody shall begin to wait any more."""
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _set_timer(self, seconds: float) -> None:
        self.close()
        seconds = max(seconds, SOONEST)
        self._goes_off = time.monotonic() + seconds
        self._timer = self._loop.timer(seconds)
        self._timer.start(self._look)

    def _look(self) -> None:
        """Tell those whose time is over, and of those that take long."""
        now = time.monotonic()
        late = sorted((wait for wait in self._waits if wait.due <= now), key=_due)
        slow = [wait for wait in self._waits if wait.slow_at <= now]
        for wait in slow:
            wait.slow_at = math.inf
        self._goes_off = math.inf
        first = min((min(x.due, x.slow_at) for x in self._waits if x.due > now), default=math.inf)
        if first is not math.inf:
            self._set_timer(first - now)
        if slow:
            self._on_slow()
        for wait in late:
            wait.fail(TooLate())


def _due(wait: Wait[Any]) -> float:
    return wait.due

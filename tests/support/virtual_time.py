"""An event loop whose clock jumps: what waits for a time waits no time at all.

Textual waits a lot: 20 ms after each key that a test presses, 60 times a second for what is to be
drawn. Here such a wait ends as soon as nothing else is left to do, so it can't end too early
either, however busy the machine is.

run(main()) instead of asyncio.run(main()), where main() talks to no other process.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack
from unittest.mock import patch

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

PAUSE = 0.05
"""What a pilot's pause lasts by the virtual clock, always: two runs are alike."""
STUCK = 30.0
"""Real seconds without anything to do, and without a time to wait for."""


class _Selector(selectors.DefaultSelector):
    """Waits for threads, never for a time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.working = 0
        """Calls in threads; the clock stands still for them."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.working:
            return super().select(timeout)
        if timeout is None:
            found = super().select(STUCK)
            if not found:
                raise TimeoutError("nothing will ever happen in this loop")
            return found
        found = super().select(0)
        if not found:
            self.now += timeout
        return found


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Its time begins at nought."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """In a thread, as ever; the clock goes on when it has ended."""
        self._virtual.working += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._is_done)
        return future

    def _is_done(self, _: object) -> None:
        self._virtual.working -= 1


def run(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run; Textual's timers go by the loop's clock."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        clock = runner.get_loop().time
        with (
            patch("textual._time.get_time", clock),
            # A pilot waits until the process does little; here, for three frames.
            patch("textual._wait.monotonic", clock),
            patch("textual._wait.process_time", lambda: 0.0),
            patch("textual._wait.SLEEP_GRANULARITY", PAUSE),
        ):
            return runner.run(main)

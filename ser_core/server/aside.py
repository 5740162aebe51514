"""Work in a native thread, beside a loop that must not wait: the attendant's, which has no gevent.

Whoever forks sees to it that the thread has ended: a child would have what the thread held, locks
of imports for one, without the thread that gives them back.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")

SWITCH = 0.001
"""Seconds that the thread may go on before the loop has its turn."""


class Aside(Generic[Result]):
    """One piece of work, which begins at once."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._results: list[Result] = []
        self._errors: list[Exception] = []
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        self._thread = threading.Thread(target=self._carry_out, daemon=True)
        self._thread.start()

    def _carry_out(self) -> None:
        try:
            self._results.append(self._work())
        except Exception as error:  # noqa: BLE001  carried to whoever asks for the result
            self._errors.append(error)

    def has_ended(self, seconds: float = 0.0) -> bool:
        """True once there is a result; waits for it so long at most."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            return False
        sys.setswitchinterval(self._interval)
        return True

    def result(self) -> Result:
        """What came of it, once, when it has ended. Raises what the work raised."""
        if self._errors:
            raise self._errors.pop()  # kept by a name here, it would keep itself for ever
        return self._results.pop()

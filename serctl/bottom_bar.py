"""The bottom bar of the shell: what it says, and the thread that keeps it true."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from ser_core.errors import SerError
from serctl import times
from serctl.environment import Client, Environment
from serctl.escaping import escaped
from serctl.exit_status import message_of
from serctl.monitor_screen import per_second
from serctl.server_status import Observer, Status

PERIOD = 2.0
"""Seconds between two looks."""
TIMEOUT = 2.0
"""Seconds that a look waits for each reply."""
FAREWELL = 0.2
"""Seconds that the end waits for a look that is under way."""
GAP = "   "
CUT = "…"
MINUTE = 60


def bar_text(status: Status | str, width: int) -> str:
    """What the bar shows in so many columns; a str is why ser can't be asked."""
    parts = [status] if isinstance(status, str) else list(_parts(status))
    text = f" {escaped(GAP.join(parts))}"
    return text if len(text) <= width else text[: max(width - 1, 0)] + CUT


def _parts(status: Status) -> Iterator[str]:
    if status.instance:
        yield status.instance
    if status.uptime is not None:
        yield f"up {_calm_span(status.uptime)}"
    if status.registered is not None:
        yield f"{status.registered:,} registered"
    if status.per_second is not None:
        yield f"{per_second(status.per_second)} msg/s"
    if status.debug is not None:
        yield f"debug {status.debug}"


def _calm_span(seconds: int) -> str:
    """Without seconds that change at each look, once there are minutes."""
    return times.span(seconds if seconds < MINUTE else seconds - seconds % MINUTE)


def why_not(error: Exception) -> str:
    """Why ser can't be asked, without what to do about it."""
    return message_of(error).partition(";")[0]


class BottomBar:
    """Looks at ser while it is seen, in a thread with a connection of its own."""

    def __init__(
        self, environment: Environment, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._observer = Observer()
        self._client: Client | None = None
        self._seen = threading.Event()
        self._wake = threading.Event()
        self._is_closed = False
        self._thread: threading.Thread | None = None
        self.on_change: Callable[[], None] = lambda: None
        """Called in the thread when there is something new to show."""
        self.status: Status | str = Status()

    @contextmanager
    def seen(self) -> Iterator[None]:
        """Keep it true during this; at once at the beginning."""
        if self._thread is None:
            # A daemon thread: nobody who leaves the shell waits for a ser that doesn't answer.
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._seen.set()
        self._wake.set()
        try:
            yield
        finally:
            self._seen.clear()

    def close(self) -> None:
        """End the thread, as soon as it waits for nothing."""
        self._is_closed = True
        self._seen.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(FAREWELL)

    def _work(self) -> None:
        while True:
            self._seen.wait()
            self._wake.clear()
            if self._is_closed:
                break
            self._refresh()
            self._wake.wait(PERIOD)
        self._disconnect()

    def _refresh(self) -> None:
        before, self.status = self.status, self._look()
        if self.status != before:
            self.on_change()

    def _look(self) -> Status | str:
        settings = self._environment.settings
        try:
            if self._client is None:
                self._client = self._environment.connect(settings)
            wait = min(settings.timeout, TIMEOUT)
            return self._observer.look(self._client, settings, self._clock(), wait)
        except (SerError, click.ClickException) as error:
            self._disconnect()  # the next ser may have its FIFO elsewhere
            return why_not(error)

    def _disconnect(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

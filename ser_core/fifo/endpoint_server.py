"""Reading an endpoint inside a hub, and making it again when it is gone."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import gevent

from ser_core import log
from ser_core.fifo.access import AccessError
from ser_core.fifo.answering import Execute
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.endpoint import Endpoint

TICK = 0.5
"""Seconds between two looks whether the endpoint is in its place and requests have run out of time.
Whoever has it deleted finds it again within 2 s."""
TURN_TIME = 0.005
"""Seconds of work in one turn; then the hub's others have theirs."""
_READ = 1
"""libev's EV_READ."""


class EndpointServer(ABC):
    """What serving the FIFO and serving the command socket have in common."""

    def __init__(
        self,
        endpoint: Endpoint,
        execute: Execute,
        counters: FifoCounters,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counters = counters
        self.clock = clock
        self._endpoint = endpoint
        self._execute = execute
        self._loop = gevent.get_hub().loop
        self._ticks = self._loop.timer(TICK, TICK)
        self._reader: Any = None  # Any: gevent's watchers have no public type
        self._is_broken = False
        self._is_gone = False

    def start(self) -> None:
        """Serve from now on. What was made before the fork is used as long as it is in place."""
        self._look_after()
        self.listen()
        self._ticks.start(self.guarded, self.tick)

    def stop(self) -> None:
        """Serve no more. The file stays, unless this process made it."""
        self._ticks.stop()
        self._ticks.close()
        self.pause()
        self.finish()
        self._endpoint.remove()

    @abstractmethod
    def finish(self) -> None:
        """Nothing is read any more: give what is on its way a moment, and let go of the rest."""

    @abstractmethod
    def read_turn(self) -> None:
        """Read what has come, for about TURN_TIME at most. OSError when it can't be read."""

    def drain(self) -> None:
        """Read what can still come by an endpoint that is gone. OSError as with `read_turn`."""
        self.read_turn()

    @abstractmethod
    def on_remade(self) -> None:
        """The endpoint is a new one, and all that came by the old one has been read."""

    def tick(self) -> None:
        """Twice a second."""
        self._look_after()

    @property
    def is_listening(self) -> bool:
        """False while it is paused, and while the endpoint can't be read."""
        return self._reader is not None

    def listen(self) -> None:
        """Have `read_turn` called when there is something to read."""
        if self._reader is None and self._endpoint.fd >= 0 and not self._is_broken:
            self._reader = self._loop.io(self._endpoint.fd, _READ)
            self._reader.start(self.guarded, lambda: self.read(self.read_turn))

    def pause(self) -> None:
        """Read no more until `listen`."""
        if self._reader is not None:
            self._reader.stop()
            self._reader.close()
            self._reader = None

    def guarded(self, work: Callable[[], None]) -> None:
        """The callback of every watcher."""
        try:
            work()
        except Exception:  # noqa: BLE001  # the guard of one turn: the next request must be served
            self.counters.failures.add()
            log.exception("serving %s failed", self._endpoint.path)

    def read(self, read: Callable[[], None]) -> None:
        """Read by `read`; when that raises OSError, the endpoint is made again at the next tick.

        Not at once, as that could go on for ever.
        """
        try:
            read()
        except OSError as error:
            self.counters.failures.add()
            log.limited("fifo-read", log.ERROR, "cannot read %s: %s", self._endpoint.path, error)
            self._is_broken = True
            self.pause()

    def _look_after(self) -> None:
        if self._endpoint.is_in_place() and not self._is_broken:
            return
        if self._endpoint.fd >= 0 and not self._is_broken:
            self.read(self.drain)
        self.pause()
        try:
            self._endpoint.remake()
        except AccessError as error:
            self._complain(error)
        else:
            self._begin_anew()
        self.listen()

    def _complain(self, error: AccessError) -> None:
        """Once each time: it could be so for days."""
        if not self._is_gone:
            log.error("%s is gone, no commands come in by it: %s", self._endpoint.path, error)
        self._is_gone = True

    def _begin_anew(self) -> None:
        self._is_broken = self._is_gone = False
        self.counters.remade.add()
        log.warning("%s was gone and has been made again", self._endpoint.path)
        self.on_remade()

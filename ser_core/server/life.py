"""What every process with a hub does besides its work: beat its heart, end when it is told to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from types import FrameType

import gevent
from gevent.event import Event

from ser_core import log
from ser_core.modules.api import Counter
from ser_core.server.child import Side
from ser_core.server.shared import SharedPages
from ser_core.server.statistics import log_statistics

BEAT = 1.0
"""Seconds between heartbeats."""
STOP_TIME = 1.0
"""Seconds for a clean stop; afterwards the kernel ends the process."""


class Life:
    """The life of one process, from `start` until `wait` returns."""

    def __init__(
        self, side: Side, pages: SharedPages, failures: Counter, on_beat: Callable[[], None]
    ) -> None:
        """`on_beat` is called once a second."""
        self._side = side
        self._pages = pages
        self._failures = failures
        self._on_beat = on_beat
        self._heart = pages.heartbeat_cell(side.index)
        self._over = Event()
        self._loop = gevent.get_hub().loop
        self._timer = self._loop.timer(0.0, BEAT)
        self._attendant = self._loop.io(side.life, 1) if side.life >= 0 else None

    def start(self) -> None:
        """Take signals, beat from now on."""
        self._take_signals()
        self._pages.set_pid(self._side.index, os.getpid())
        self._timer.start(self._beat)
        if self._attendant is not None:
            self._attendant.start(self._on_attendant_gone)

    def wait(self) -> None:
        """Let the hub run until the process is to stop."""
        self._over.wait()

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()

    def ended(self) -> None:
        """All is closed in time: the kernel needn't end the process."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _take_signals(self) -> None:
        signal.signal(signal.SIGTERM, self._on_term)
        if self._attendant is not None:
            return
        # There is no attendant to deal with the others.
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._on_term)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        gevent.signal_handler(signal.SIGUSR1, log_statistics, self._pages)

    def _on_term(self, _number: int, _frame: FrameType | None) -> None:
        """The signal may come in the midst of anything: only set things in motion.

        The alarm's default action ends the process, should stopping take too long.
        """
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, STOP_TIME)
        self._loop.run_callback_threadsafe(self._over.set)

    def _on_attendant_gone(self) -> None:
        """Nobody would restart or stop us any more."""
        log.critical("the attendant is gone, stopping")
        assert self._attendant is not None
        self._attendant.stop()
        self._on_term(signal.SIGTERM, None)

    def _beat(self) -> None:
        self._heart[0] = int(time.monotonic() * 1000)
        self._side.beat()
        try:
            self._on_beat()
            log.report_suppressed()
        except Exception:  # noqa: BLE001  # the guard of the beat: without it we are killed
            self._failures.add()
            log.exception("what is done once a second failed")

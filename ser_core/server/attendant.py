"""The attendant: forks the processes, watches them, restarts what dies, stops all cleanly.

It never imports gevent, so no hub crosses a fork. Its signal handlers only queue; one loop takes
signals, reports and the clock in turn.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Protocol

from ser_core import log
from ser_core.exit_codes import ExitCode
from ser_core.modules.api import Counter
from ser_core.server.child import Child, ChildSpec, describe
from ser_core.server.shared import SharedPages
from ser_core.server.statistics import log_statistics

TICK = 1.0
"""Seconds between looks at the processes' hearts."""
HANG_TICKS = 10
"""Looks that may find a heart still. They are counted, not timed: when the machine or the whole
program was stopped for a while, everyone gets the same chance to go on."""
START_TICKS = 30
"""The same for a process that is still starting."""
TELL_TICKS = 5
"""Looks after which it is told for whom a start waits."""
STOP_TIME = 1.5
"""Seconds that processes have to end by themselves."""
REPORT_LIMIT = 4096
"""Bytes of a report without its end that are kept."""
REAP_INTERVAL = 0.1
_REPORT = re.compile(
    rb"(?P<word>ready|failed|stop|reload|prepared|refused|switched) (?P<index>\d{1,5})"
    rb"(?: (?P<reason>.*))?"
)
_OF_RELOAD = re.compile(r"(?P<number>\d{1,20}) ?(?P<rest>.*)")

_SIGNALS = {
    signal.SIGTERM: "term",
    signal.SIGINT: "int",
    signal.SIGHUP: "hup",
    signal.SIGUSR1: "usr1",
    signal.SIGUSR2: "usr2",
    signal.SIGCHLD: "chld",
}


class AttendantCounters:
    """What the attendant had to do."""

    def __init__(self) -> None:
        self.restarts = Counter("attendant.restarts", "processes started in place of dead ones")
        self.hung = Counter("attendant.hung", "processes killed because they did nothing")
        self.failures = Counter("attendant.failures", "exceptions stopped in the attendant")

    def all(self) -> list[Counter]:
        """In a fixed order."""
        return list(vars(self).values())


class Reloads(Protocol):
    """What reads ser.cfg again, and is told how the processes take it."""

    @property
    def holds_forks(self) -> bool:
        """True while no process may be started."""

    def due(self) -> float:
        """When `step` has something to do, in monotonic seconds."""

    def step(self) -> None:
        """Go on, after whatever has happened."""

    def hang_up(self) -> None:
        """A SIGHUP has come."""

    def close(self) -> None:
        """All processes have ended; leave no thread behind."""

    def on_death(self, process: int) -> None:
        """A process has died."""

    def on_report(self, word: str, process: int, number: int, rest: str) -> None:
        """A process says something about a reload."""


class Attendant:
    """Keeps a set of processes running until it is told to stop."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        pages: SharedPages,
        counters: AttendantCounters,
        *,
        on_ready: Callable[[], None] = lambda: None,
        on_death: Callable[[int], None] = lambda index: None,
        on_well: Callable[[], None] = lambda: None,
        on_stop: Callable[[], None] = lambda: None,
        private: Sequence[int] = (),
        make_reloads: Callable[[Callable[[], dict[int, int]]], Reloads] | None = None,
    ) -> None:
        """`on_ready` is called once, when all are ready; `on_death` with each place left empty;
        `on_well` once a second while all that are vital live; `on_stop` when the end begins.
        `private` are descriptors that the processes must not have. `make_reloads` gets what tells
        the pids of the processes that run, by their places; None: ser.cfg isn't read again.
        """
        self._children = [Child(index, spec) for index, spec in enumerate(specs)]
        self._pages = pages
        self._counters = counters
        self._on_ready = on_ready
        self._on_death = on_death
        self._on_well = on_well
        self._on_stop = on_stop
        self._private = tuple(private)
        self._reloads = make_reloads(self._pids) if make_reloads is not None else None
        self._hung_up = False
        self._started = False
        self._start_ticks = 0
        self._exit_code: int | None = None
        self.reason = ""
        """Why it ended by itself."""
        self._queue: deque[int] = deque()
        self._wakeup, self._wakeup_end = _pipe()
        self._reports, self._report_end = _pipe()
        self._life, self._life_end = os.pipe()
        self._unread = b""
        self._poll = select.poll()  # select() knows no descriptors above 1,023
        for descriptor in (self._wakeup, self._reports):
            self._poll.register(descriptor, select.POLLIN)
        self._next_tick = 0.0

    def run(self) -> int:
        """Start everything, go on until told to stop, stop everything; the exit status."""
        self._take_signals()
        self._next_tick = time.monotonic() + TICK
        for child in self._children:
            self._start(child)
        while self._exit_code is None:
            self._wait()
            for step in (
                self._handle_signals,
                self._handle_reports,
                self.handle_chld,
                self._reload,
                self._start_due,
                self._tick,
            ):
                self._guarded(step)
        self._stop()
        return self._exit_code

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:  # noqa: BLE001  # the guard of the loop: without it all processes end
            self._counters.failures.add()
            log.exception("the attendant failed in one step")
            time.sleep(REAP_INTERVAL)  # what is due may fail again at once

    def _take_signals(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self._queue_signal)
        signal.set_wakeup_fd(self._wakeup_end, warn_on_full_buffer=False)

    def _queue_signal(self, number: int, _frame: FrameType | None) -> None:
        if number not in self._queue:  # however many come: none keeps another one out
            self._queue.append(number)

    def _wait(self) -> None:
        """Sleep until something happens or is due."""
        due = [self._next_tick]
        if self._reloads is None or not self._reloads.holds_forks:
            due += [x.start_at for x in self._children if not x.is_alive()]
        if self._reloads is not None:
            due.append(self._reloads.due())
        self._sleep(min(due) - time.monotonic())

    def _sleep(self, seconds: float) -> None:
        """Sleep for so long, or until a signal or a report comes."""
        self._poll.poll(max(0.0, seconds) * 1000)
        with contextlib.suppress(BlockingIOError):  # nobody woke us
            os.read(self._wakeup, 4096)

    # Signals

    def _handle_signals(self) -> None:
        while self._queue:
            getattr(self, f"handle_{_SIGNALS[signal.Signals(self._queue.popleft())]}")()

    def handle_term(self) -> None:
        """Stop cleanly."""
        log.notice("stopping")
        self._exit_code = ExitCode.OK

    def handle_int(self) -> None:
        """Stop cleanly."""
        self.handle_term()

    def handle_hup(self) -> None:
        """Read ser.cfg again, once all processes that are being started can take it."""
        self._hung_up = True

    def handle_usr1(self) -> None:
        """Log memory and counters."""
        log_statistics(self._pages, {str(child): child.pid for child in self._children})

    def handle_usr2(self) -> None:
        """Means nothing to us."""
        log.warning("unhandled signal %d", signal.SIGUSR2)

    def handle_chld(self) -> None:
        """See who has died, and have it replaced."""
        for child in self._children:
            status = child.reap()
            if status is not None:
                self._handle_death(child, status)

    # Another ser.cfg

    def _pids(self) -> dict[int, int]:
        return {x.index: x.pid for x in self._children if x.is_alive()}

    def _reload(self) -> None:
        if self._reloads is None or self._exit_code is not None:
            return
        if self._hung_up and self._started:
            self._hung_up = False
            self._reloads.hang_up()
        self._reloads.step()

    # Processes

    def _start(self, child: Child) -> None:
        unneeded = (self._life_end, self._wakeup, self._reports, *self._private)
        try:
            child.start(self._report_end, self._life, unneeded)
        except OSError as error:  # no memory, no process left
            log.critical("cannot start %s: %s", child.spec.name, error)
            self._give_up_or_retry(child, str(error))

    def _start_due(self) -> None:
        if self._reloads is not None and self._reloads.holds_forks:
            return
        now = time.monotonic()
        for child in self._children:
            if self._exit_code is None and not child.is_alive() and child.start_at <= now:
                self._counters.restarts.add()
                self._start(child)
                log.notice("%s takes the place of the one that died", child)

    def _handle_death(self, child: Child, status: int) -> None:
        log.critical("child process %d (%s) %s", child.pid, child.spec.name, describe(status))
        self._handle_reports()  # its last words
        reason = child.reason or f"it {describe(status)}"
        if not self._started and not child.is_ready:
            code = os.waitstatus_to_exitcode(status)
            child.pid = 0
            known = code in (ExitCode.CANNOT_START, ExitCode.BAD_CONFIG)
            self._end(code if known else ExitCode.SOFTWARE, f"{child.spec.name}: {reason}")
            return
        self._on_death(child.index)
        if self._reloads is not None:
            self._reloads.on_death(child.index)
        self._give_up_or_retry(child, reason)

    def _give_up_or_retry(self, child: Child, reason: str) -> None:
        if not child.buried(time.monotonic()) and child.spec.is_vital:
            self._end(
                ExitCode.SOFTWARE,
                f"{child.spec.name} died at once, again and again: {reason}",
            )

    def _end(self, code: int, reason: str) -> None:
        self._exit_code = code
        self.reason = reason
        log.alert("giving up: %s", reason)

    def _handle_reports(self) -> None:
        try:
            self._unread += os.read(self._reports, 65536)
        except BlockingIOError:
            return
        *lines, self._unread = self._unread.split(b"\n")
        self._unread = self._unread[-REPORT_LIMIT:]
        for line in lines:
            self._take_report(line)
        if self._started or self._exit_code is not None:
            return
        if all(x.is_ready for x in self._children):
            self._started = True
            self._on_ready()

    def _take_report(self, line: bytes) -> None:
        """Believe nothing: a process that strangers talk to may have been taken over."""
        found = _REPORT.fullmatch(line)
        if found is None or int(found["index"]) >= len(self._children):
            log.limited("report", log.ERROR, "a process sent a report that makes no sense")
            return
        child = self._children[int(found["index"])]
        if found["word"] == b"ready":
            child.is_ready = True
        elif found["word"] == b"stop":
            self._take_order(child)
        elif found["word"] != b"failed":
            self._take_reload_report(child, found["word"].decode(), found["reason"] or b"")
        else:
            child.reason = found["reason"].decode("utf-8", "backslashreplace")

    def _take_order(self, child: Child) -> None:
        if child.spec.may_stop_all:
            log.notice("a command asks to stop")
            self.handle_term()

    def _take_reload_report(self, child: Child, word: str, text: bytes) -> None:
        found = _OF_RELOAD.fullmatch(text.decode("utf-8", "backslashreplace"))
        if found is None or self._reloads is None:
            return
        if word != "reload" or child.spec.may_stop_all:
            self._reloads.on_report(word, child.index, int(found["number"]), found["rest"])

    def _tick(self) -> None:
        """Look at everybody's heart."""
        now = time.monotonic()
        if now < self._next_tick:
            return
        self._next_tick = now + TICK
        log.report_suppressed()
        for child in self._children:
            if not child.is_alive() or not child.spec.watched:
                continue
            still_for = child.is_still(self._pages.heartbeat_cell(child.index)[0])
            if still_for >= (HANG_TICKS if child.is_ready else START_TICKS):
                log.critical("%s has done nothing for %d s: killed", child, still_for * TICK)
                self._counters.hung.add()
                child.still_for = 0
                child.kill()
        if not self._started:
            self._tell_who_is_awaited()
        elif all(x.is_alive() for x in self._children if x.spec.is_vital):
            self._on_well()

    def _tell_who_is_awaited(self) -> None:
        """A start that takes long on a busy machine should not look like one that hangs."""
        self._start_ticks += 1
        if self._start_ticks % TELL_TICKS == 0:
            names = ", ".join(str(x) for x in self._children if not x.is_ready)
            log.notice("still waiting for %s", names)

    # The end

    def _stop(self) -> None:
        """End all processes: asked first, killed when they take too long."""
        self._guarded(self._on_stop)
        for child in self._children:
            child.terminate()
        if not self._reap_until(time.monotonic() + STOP_TIME):
            for child in self._children:
                if child.is_alive():
                    log.error("%s does not stop: killed", child)
                    child.kill()
            self._reap_until(time.monotonic() + STOP_TIME)
        if self._reloads is not None:
            self._guarded(self._reloads.close)
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.SIG_IGN)

    def _reap_until(self, deadline: float) -> bool:
        """Wait for all to end; False when some have not by the deadline."""
        while True:
            for child in self._children:
                if child.reap() is not None:
                    child.pid = 0
            if not any(child.is_alive() for child in self._children):
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._sleep(min(left, REAP_INTERVAL))
            self._handle_reports()


def _pipe() -> tuple[int, int]:
    """A pipe of which neither end waits."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    return reading, writing

"""One process that the attendant has forked, seen from both sides.

`Child` is the attendant's side: start, terminate, kill, is_alive. `Side` is what a
process gets to say that it is ready and to learn that the attendant is gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn, Protocol

from ser_core import log
from ser_core.errors import SerError
from ser_core.exit_codes import ExitCode
from ser_core.server import parent_death, process_name

QUICK_DEATH = 2.0
"""Seconds: a process that lived no longer died at once."""
MAX_QUICK_DEATHS = 6
"""So many in a row, and there is no point in another try."""
FIRST_DELAY = 0.1
LONGEST_DELAY = 1.0
"""Seconds before a restart; the first is immediate, further ones wait twice as long each time."""
BLOCKED_SIGNALS = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
)
"""Held back around a fork, so that none is lost between the two sets of handlers."""


@dataclass(frozen=True, slots=True)
class ChildSide:
    """The `Side` of a forked process."""

    index: int
    report: int
    """Descriptor of the pipe to the attendant."""
    life: int

    def ready(self) -> None:
        self._tell(f"ready {self.index}")

    def failed(self, reason: str) -> None:
        """Tell why this process can't start."""
        self._tell(f"failed {self.index} {log.escape(reason)[:400]}")

    def stop_all(self) -> None:
        self._tell(f"stop {self.index}")

    def tell_reload(self, word: str, number: int, rest: str = "") -> bool:
        return self._tell(f"{word} {self.index} {number} {log.escape(rest)[:400]}")

    def reloading(self) -> None:
        """The attendant knows."""

    def reloaded(self) -> None:
        """The attendant knows."""

    def beat(self) -> None:
        """The attendant sees the heart in the shared page."""

    def _tell(self, line: str) -> bool:
        try:
            os.write(self.report, line.encode() + b"\n")
        except OSError:  # the attendant is gone, and so will we be; or it has too much to read
            return False
        return True


class Side(Protocol):
    """What a process that serves is told, whether it was forked or does everything by itself."""

    @property
    def index(self) -> int:
        """Its place on the bus and in the shared pages."""

    @property
    def life(self) -> int:
        """Descriptor that reads as ended once the attendant is gone; -1: there is no attendant."""

    def ready(self) -> None:
        """Tell that this process does its work now."""

    def stop_all(self) -> None:
        """Have the whole program stopped. The attendant hears it from the fifo server only."""

    def tell_reload(self, word: str, number: int, rest: str = "") -> bool:
        """Say something about a reload: one of the words that `attendant` knows.

        False when it could not be said.
        """

    def reloading(self) -> None:
        """Tell that another script is about to take effect, when this process alone does that."""

    def reloaded(self) -> None:
        """Tell that this is over, whatever came of it."""

    def beat(self) -> None:
        """Tell, once a second, that this process does its work."""


Serve = Callable[[Side], int]
"""What a process does; answers with its exit status."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A process to be kept running."""

    name: str
    serve: Serve
    watched: bool = True
    """It beats its heart in the shared pages."""
    is_vital: bool = True
    """Without it there is no point in going on: the program ends when it dies again and again."""
    may_stop_all: bool = False
    """Operators talk to it, and it may stop the program for them, or have ser.cfg read again. It
    may be another user than the attendant, so it can't send it a signal."""


class Child:
    """A process that is kept running: at most one at a time, with one place on the bus."""

    def __init__(self, index: int, spec: ChildSpec) -> None:
        self.index = index
        self.spec = spec
        self.pid = 0
        """0: none runs."""
        self.is_ready = False
        self.reason = ""
        """Why it said that it can't start."""
        self.started_at = 0.0
        self.start_at = 0.0
        """When to start it, while none runs."""
        self.last_beat = 0
        self.still_for = 0
        """Looks in a row at which the heart had not beaten."""
        self._quick_deaths = 0

    def __str__(self) -> str:
        return f"{self.spec.name} (pid {self.pid})"

    def start(self, report: int, life: int, unneeded: Iterable[int]) -> None:
        """Fork. `unneeded` are descriptors that only the attendant may hold. OSError."""
        parent = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED_SIGNALS)
        try:
            self.is_ready = False
            self.reason = ""
            self.still_for = 0
            self.started_at = time.monotonic()
            self.pid = os.fork()
            if self.pid == 0:
                _run_child(self.spec, ChildSide(self.index, report, life), parent, unneeded)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_SIGNALS)

    def is_alive(self) -> bool:
        """True while the process runs or has not been reaped."""
        return self.pid != 0

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def reap(self) -> int | None:
        """The wait status if it has ended since, else None."""
        if not self.pid:
            return None
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:  # somebody else has waited for it
            pid, status = self.pid, 0
        if not pid:
            return None
        return status

    def buried(self, now: float) -> bool:
        """Note its death and when to start it again; False when that has no point any more."""
        quick = not self.is_ready or now - self.started_at < QUICK_DEATH
        self._quick_deaths = min(self._quick_deaths + 1, MAX_QUICK_DEATHS) if quick else 0
        self.pid = 0
        self.is_ready = False
        delay = FIRST_DELAY * 2 ** (self._quick_deaths - 2) if self._quick_deaths > 1 else 0.0
        self.start_at = now + min(delay, LONGEST_DELAY)
        return self._quick_deaths < MAX_QUICK_DEATHS

    def is_still(self, beat: int) -> int:
        """How many looks in a row, this one included, have found the heart at `beat`."""
        self.still_for = self.still_for + 1 if beat == self.last_beat else 0
        self.last_beat = beat
        return self.still_for


def describe(status: int) -> str:
    """A wait status in SER's words."""
    if os.WIFSIGNALED(status):
        core = "" if os.WCOREDUMP(status) else "not "
        return f"exited by a signal {os.WTERMSIG(status)}, core was {core}generated"
    return f"exited normally, status={os.waitstatus_to_exitcode(status)}"


def _run_child(spec: ChildSpec, side: ChildSide, parent: int, unneeded: Iterable[int]) -> NoReturn:
    """The forked process, to its end. Nothing may unwind into the attendant's stack."""
    status: int = ExitCode.SOFTWARE
    try:
        _become_child(spec, side, parent, unneeded)
        status = spec.serve(side)
    except (OSError, SerError) as error:
        side.failed(str(error))
        (log.exception if log.enabled(log.DEBUG) else log.error)("cannot go on: %s", error)
        status = ExitCode.CANNOT_START
    except BaseException as error:  # noqa: BLE001  # the guard of one child
        side.failed(f"{type(error).__name__}: {error}")
        log.exception("cannot go on")
    finally:
        os._exit(status)


def _become_child(spec: ChildSpec, side: ChildSide, parent: int, unneeded: Iterable[int]) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)  # the attendant decides what these mean
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_SIGNALS)
    for descriptor in unneeded:
        os.close(descriptor)
    log.set_process(side.index + 1, spec.name)
    process_name.show(f"ser {spec.name}")
    parent_death.set_signal(signal.SIGTERM)
    if os.getppid() != parent:
        raise SerError("the attendant ended while this process was started")

"""SIGTERM and SIGHUP end serctl in order: its pipes are removed, a shell's terminal is put right.

They raise SystemExit wherever the program is, except in an event loop: between taking a task from
its list and waking it the loop would lose the task for good, and then wait for its end for ever. So
a loop is told, and leaves by itself.
"""

from __future__ import annotations

import atexit
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDING = (signal.SIGTERM, signal.SIGHUP)
PATIENCE = 2.0
"""Seconds for each step of the way out; a thread may wait for somebody who doesn't answer."""


def status_of_signal(number: int) -> int:
    """The exit status of who was ended by a signal, as shells have it."""
    return 128 + number


def end_in_order() -> None:
    """From now on; a signal that is ignored (nohup) stays so."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)


@contextmanager
def told(tell: Callable[[int], None]) -> Iterator[None]:
    """During this `tell` is called with the signal's number, and nothing is raised yet."""

    def on_signal(number: int, _: object) -> None:
        _lose_patience_with(number)
        tell(number)

    ours = [number for number in ENDING if signal.getsignal(number) is _leave]
    for number in ours:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, _leave)


def _leave(number: int, _: object) -> None:
    _lose_patience_with(number)
    sys.exit(status_of_signal(number))


def _lose_patience_with(number: int) -> None:
    """Whatever still waits on the way out is left, too."""

    def leave(*_: object) -> None:
        sys.exit(status_of_signal(number))

    signal.signal(signal.SIGALRM, leave)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE, PATIENCE)
    # Once Python takes itself apart there is no handler any more, and the alarm would kill.
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)

"""What signals do from the moment when there are files of ours until all processes serve.

A start may take long: it waits for a database, and loads registrations. Whoever stops ser meanwhile
finds nothing left behind; what other signals ask for can't be done yet, and must not end us.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from ser_core import log
from ser_core.exit_codes import ExitCode

Handler = Callable[[int, FrameType | None], None]


def take() -> None:
    """Set the handlers; the attendant, or the process that does everything, sets its own later."""
    handlers: dict[signal.Signals, Handler]
    handlers = dict.fromkeys((signal.SIGTERM, signal.SIGINT), _stop)
    handlers |= dict.fromkeys((signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2), _tell)
    for number, handler in handlers.items():
        # What was ignored when we were started, SIGINT behind a shell's &, stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """Unwind the stack, so that everything is closed and removed."""
    raise SystemExit(ExitCode.OK)


def _tell(number: int, _frame: FrameType | None) -> None:
    log.warning("%s has no effect: ser is still starting", signal.Signals(number).name)

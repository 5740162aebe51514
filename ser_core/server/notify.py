"""Tells whoever started us how we are: the service manager's notification socket.

Its protocol (sd_notify(3)) is a datagram of NAME=value lines to the Unix socket that $NOTIFY_SOCKET
names. A watchdog wants to hear WATCHDOG=1 now and then, and ends us when it doesn't; so `alive` is
for callers that have looked whether the processes do their work.
"""

from __future__ import annotations

import os
import socket
import time

from ser_core import log

WATCHDOG_SHARE = 4
"""So often in the manager's time for it we tell that we are alive."""
LONGEST_STATUS = 500
"""Characters; a machine may have very many addresses."""


class Manager:
    """The service manager, if one wants to be told.

    Connected before privileges go, since the socket may be for our first user only. What was in
    the environment for us is gone afterwards: programs that we run are nobody's main process.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        path = os.environ.pop("NOTIFY_SOCKET", "")
        self._interval = _watchdog_interval()
        self._next_time = 0.0
        if not path:
            return
        address = "\0" + path[1:] if path.startswith("@") else path
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            made.connect(address)
        except OSError as error:
            made.close()
            log.warning("cannot notify %s: %s", path, error)
            return
        self._socket = made

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What only the process that speaks to the manager may have open."""
        return () if self._socket is None else (self._socket.fileno(),)

    def ready(self, status: str) -> None:
        """All processes serve, after the start or a reload; `status` is shown to the operator."""
        short = status if len(status) <= LONGEST_STATUS else f"{status[: LONGEST_STATUS - 1]}…"
        self._tell(f"READY=1\nMAINPID={os.getpid()}\nSTATUS={short}")

    def reloading(self) -> None:
        """A reload begins; `ready` ends it, whatever came of it."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end begins."""
        self._tell("STOPPING=1\nSTATUS=stopping")

    def alive(self) -> None:
        """Feed the watchdog, if there is one and it is time."""
        now = time.monotonic()
        if self._interval and now >= self._next_time:
            self._next_time = now + self._interval
            self._tell("WATCHDOG=1")

    def close(self) -> None:
        """There is nothing more to tell."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, state: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.send(state.encode("utf-8", "backslashreplace"))
        except OSError as error:
            log.limited("notify", log.WARNING, "cannot notify the service manager: %s", error)


def _watchdog_interval() -> float:
    """Seconds between two signs of life; 0: no watchdog watches this process."""
    pid = os.environ.pop("WATCHDOG_PID", "") or str(os.getpid())
    text = os.environ.pop("WATCHDOG_USEC", "")
    if not text.isdecimal() or pid != str(os.getpid()):
        return 0.0
    return int(text) / 1e6 / WATCHDOG_SHARE

"""A FIFO client that keeps no rule: any bytes as requests, any pipe of its own for replies."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ser_core.fifo.client import FifoClient
from tests.support.daemon import Ser, wait_for

AT_ONCE = 1.0
"""Seconds in which a well-behaved client has its reply, whatever others do."""


def write(fifo: Path, data: bytes) -> None:
    """Write all of it, waiting while the pipe is full."""
    with open(fifo, "wb", buffering=0) as opened:
        while data:
            data = data[opened.write(data) :]


class RawPipe:
    """A reply pipe; a context manager that closes it."""

    def __init__(self, path: Path, *, reading: bool = True) -> None:
        """Make it; without `reading` nobody has it open."""
        self.path = path
        os.mkfifo(path, 0o600)
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK) if reading else -1
        self._got = b""
        self._has_ended = False

    def __enter__(self) -> RawPipe:
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self.path.unlink(missing_ok=True)

    def has_begun(self) -> bool:
        """Take in what is there; True once anything has come."""
        try:
            part = os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return bool(self._got)
        self._has_ended = not part and bool(self._got)
        self._got += part
        return bool(self._got)

    def reply(self, timeout: float = 5.0) -> bytes:
        """All of the reply. AssertionError when it doesn't come."""
        wait_for(lambda: self.has_begun() and self._has_ended, f"a reply at {self.path}", timeout)
        return self._got


def assert_served_at_once(ser: Ser) -> None:
    """A well-behaved client has its answer without waiting for anybody."""
    with FifoClient(ser.fifo, timeout=10) as client:
        before = time.monotonic()
        reply = client.ask("uptime")
        taken = time.monotonic() - before
    assert reply.is_ok, reply
    assert taken < AT_ONCE, f"the next client waited {taken:.2f} s"


class Log:
    """What is logged from now on."""

    def __init__(self, ser: Ser) -> None:
        self._ser = ser
        self._begin = len(ser.log_text())

    def wait_for(self, text: str) -> None:
        wait_for(lambda: text in self._ser.log_text()[self._begin :], f"{text!r} in the log")

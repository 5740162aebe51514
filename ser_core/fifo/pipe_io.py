"""Pipes with a deadline: lock, write, read to the end. For the client; descriptors don't block."""

from __future__ import annotations

import fcntl
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ser_core.fifo.reach import NoReply

_CHUNK = 1 << 16
_LOCK_POLL = 0.002
"""Seconds; flock can't be waited for with a limit."""


@contextmanager
def closing(descriptor: int) -> Iterator[int]:
    """Close it at the end."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def locked(descriptor: int, deadline: float) -> Iterator[None]:
    """Keep other clients from writing: what is longer than PIPE_BUF would interleave.

    Raises NoReply when another keeps the lock until the deadline.
    """
    while not _try_lock(descriptor):
        if time.monotonic() >= deadline:
            raise NoReply("not asked: another client keeps the FIFO locked")
        time.sleep(_LOCK_POLL)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_all(descriptor: int, data: bytes, deadline: float) -> None:
    """Write it all. Raises NoReply when the reader doesn't take it, BrokenPipeError without one."""
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            _wait_for_room(descriptor, deadline)


def _wait_for_room(descriptor: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    if not poll.poll(_milliseconds_to(deadline)):
        raise NoReply("ser doesn't read its FIFO")


def read_to_end(replies: int, fifo: int, deadline: float) -> bytes:
    """All that is written to `replies` until the writer closes.

    Raises NoReply, also when whoever reads `fifo` closes that and so won't write any more.
    """
    poll = select.poll()
    poll.register(replies, select.POLLIN)
    poll.register(fifo, 0)  # tells errors only
    parts: list[bytes] = []
    while True:
        ready = dict(poll.poll(_milliseconds_to(deadline)))
        if not ready:
            raise NoReply("the answer stopped half-way" if parts else "ser didn't answer in time")
        if replies not in ready and not _has_something(replies):
            raise NoReply("ser closed its FIFO before it answered")
        part = _read(replies)
        if part == b"":
            return b"".join(parts)
        if part:
            parts.append(part)


def _has_something(descriptor: int) -> bool:
    """Asked once more: the last thing a daemon did may have been to answer."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _read(descriptor: int) -> bytes | None:
    """What is there, b"" at the end, None when nothing is there yet."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None


def _milliseconds_to(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic()) * 1000

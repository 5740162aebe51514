"""Replies on their way to the FIFOs that clients have made for them.

The name of a reply pipe comes from whoever writes to the FIFO, and ser may be root: so only a FIFO
is written to, directly in the reply directory, not a link to one, with no other name, and owned by
somebody who may give commands. A reply that nobody takes is lost, logged and counted, and nothing
else waits for it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import gevent
from gevent.socket import wait_write

from ser_core import log
from ser_core.errors import SerError
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.protocol import Reply, why_forbidden
from ser_core.fifo.waiting import WaitingReplies

NO_READER_RETRIES = 4
NO_READER_DELAY = 0.08
"""Seconds, as in SER: a shell opens its pipe for reading just after it has written the request."""
STALL_TIME = 5.0
"""Seconds without a byte taken, then a reader is given up."""
_WRITE_SIZE = 1 << 16
_WRITES_PER_TURN = 16  # a reader may be as fast as we are, and others of the hub want their turn

Found = TypeVar("Found")


class PipeRefused(SerError):
    """A reply pipe that isn't safe to write to; says what it does or is."""


class NotDelivered(SerError):
    """A reply pipe that nobody reads, or not to the end; says why."""


def check_name(name: str) -> None:
    """Raise PipeRefused for a name that could leave its directory."""
    if refusal := why_forbidden(name.encode("utf-8", "surrogateescape")):
        raise PipeRefused(f"is a {refusal}")


def open_pipe(name: str, may_own: Callable[[int], bool], directory: int) -> int:
    """Open a pipe for writing without waiting, and check it. PipeRefused, OSError.

    ENXIO: nobody reads it, yet. What is open is checked, not what the name stood for before.
    """
    check_name(name)
    try:
        fd = os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise PipeRefused("is a soft link") from None
        if error.errno == errno.EISDIR:
            raise PipeRefused("is not a fifo") from None
        raise
    try:
        _check(os.fstat(fd), may_own)
    except PipeRefused:
        os.close(fd)
        raise
    return fd


def _check(pipe: os.stat_result, may_own: Callable[[int], bool]) -> None:
    if not stat.S_ISFIFO(pipe.st_mode):
        raise PipeRefused("is not a fifo")
    if pipe.st_nlink > 1:
        raise PipeRefused(f"is hard-linked {pipe.st_nlink} times")
    if not may_own(pipe.st_uid):
        raise PipeRefused(f"belongs to uid {pipe.st_uid}, who may not give commands")


def _status(name: str, directory: int) -> os.stat_result:
    return os.stat(name, dir_fd=directory, follow_symlinks=False)


class _Delivery:
    """One reply for one pipe."""

    __slots__ = ("command", "fd", "name", "rest")

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.command = command
        self.rest = memoryview(b"")
        self.fd = -1

    def write_some(self) -> bool:
        """Write what the pipe takes at once; True when all is written. OSError."""
        for _ in range(_WRITES_PER_TURN):
            try:
                written = os.write(self.fd, self.rest[:_WRITE_SIZE])
            except BlockingIOError:
                return False
            self.rest = self.rest[written:]
            if not self.rest:
                return True
        return False

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class ReplyPipes:
    """Delivers replies to pipes in one directory: at once where possible, else by a greenlet."""

    def __init__(
        self, directory: Path, may_own: Callable[[int], bool], counters: FifoCounters
    ) -> None:
        """`may_own` tells which users may own a reply pipe."""
        self._directory = directory.absolute()
        self._may_own = may_own
        self._counters = counters
        self._directory_fd = -1
        self._waiting = WaitingReplies()

    @property
    def waiting(self) -> int:
        """Replies that wait for their readers."""
        return len(self._waiting)

    def send(self, name: str, reply: Reply, command: str) -> None:
        """Deliver a reply to the pipe `name`; an empty one wants none. Never raises or waits."""
        if not name:
            return
        delivery = _Delivery(name, command)
        if not self._is_over(delivery, partial(self._deliver_at_once, reply)):
            self._deliver_later(delivery)

    def has_pipe(self, name: str) -> bool:
        """True when somebody who may has made a reply pipe of that name. Never raises."""
        try:
            check_name(name)
            _check(self._in_directory(partial(_status, name)), self._may_own)
        except (PipeRefused, OSError):
            return False
        return True

    def close(self) -> None:
        """Let go of what isn't taken very soon."""
        self._waiting.close()
        self._close_directory()

    def _is_over(self, delivery: _Delivery, deliver: Callable[[_Delivery], bool]) -> bool:
        """Try to deliver; True once there is nothing left to do, whether or not it went well."""
        try:
            if not deliver(delivery):
                return False
        except PipeRefused as error:
            self._counters.refused_pipes.add()
            self._complain(delivery, str(error))
        except NotDelivered as error:
            self._lose(delivery, str(error))
        except FileNotFoundError as error:
            # Whoever quits takes its pipe along: that is worth a word, but no warning.
            self._lose(delivery, f"can't be written: {error.strerror}", log.NOTICE)
        except OSError as error:
            self._lose(delivery, f"can't be written: {error.strerror}")
        except gevent.GreenletExit:
            self._lose(delivery, "wasn't read before ser ended")
        except Exception:  # noqa: BLE001  # the guard of one reply: the next one must be delivered
            self._counters.failures.add()
            log.exception("a reply could not be delivered")
        else:
            self._counters.replies.add()
        delivery.close()
        return True

    def _deliver_at_once(self, reply: Reply, delivery: _Delivery) -> bool:
        delivery.rest = memoryview(reply.to_bytes())
        return self._open(delivery) and delivery.write_some()

    def _open(self, delivery: _Delivery) -> bool:
        """Open the pipe; False when nobody reads it yet."""
        try:
            delivery.fd = self._in_directory(partial(open_pipe, delivery.name, self._may_own))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        return delivery.fd >= 0

    def _in_directory(self, use: Callable[[int], Found]) -> Found:
        """What `use` finds in the reply directory. OSError."""
        if self._directory_fd >= 0:
            try:
                return use(self._directory_fd)
            except FileNotFoundError:  # or the directory was deleted and made again
                self._close_directory()
        self._directory_fd = os.open(self._directory, os.O_PATH | os.O_DIRECTORY)
        return use(self._directory_fd)

    def _close_directory(self) -> None:
        if self._directory_fd >= 0:
            os.close(self._directory_fd)
            self._directory_fd = -1

    def _deliver_later(self, delivery: _Delivery) -> None:
        def deliver() -> None:
            self._is_over(delivery, self._deliver_slowly)

        if not self._waiting.add(len(delivery.rest), deliver):
            self._lose(delivery, "isn't waited for: too many others are")
            delivery.close()

    def _deliver_slowly(self, delivery: _Delivery) -> bool:
        if delivery.fd < 0:
            self._wait_for_reader(delivery)
        while not delivery.write_some():
            _wait_for_room(delivery.fd)
        return True

    def _wait_for_reader(self, delivery: _Delivery) -> None:
        """Open a pipe that nobody read at first. Raises NotDelivered."""
        for _ in range(NO_READER_RETRIES):
            gevent.sleep(NO_READER_DELAY)  # the system doesn't tell when a reader comes
            if self._open(delivery):
                return
        raise NotDelivered("has no reader")

    def _lose(self, delivery: _Delivery, reason: str, level: int = log.WARNING) -> None:
        self._counters.replies_lost.add()
        self._complain(delivery, reason, level)

    def _complain(self, delivery: _Delivery, reason: str, level: int = log.WARNING) -> None:
        """`reason` begins with words of ours that tell it from others."""
        log.limited(
            f"fifo-reply-{level}-{reason[:12]}", level, "no reply to %s: %s/%s %s",
            delivery.command, str(self._directory), delivery.name, reason,
        )  # fmt: skip


def _wait_for_room(fd: int) -> None:
    """Wait until the pipe takes something. Raises NotDelivered."""
    try:
        wait_write(fd, STALL_TIME)
    except TimeoutError:
        raise NotDelivered(f"has a reader that took nothing for {STALL_TIME:g} seconds") from None

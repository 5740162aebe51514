"""Ask a running ser: a blocking client, for serctl and sertui.

    with open_client(path) as client:
        reply = client.ask("ul_show_contact", "location", "joe@example.com")

Imports little, since each call of serctl waits for it; and nothing of gevent.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ser_core.fifo.own_pipe import OwnPipe
from ser_core.fifo.pipe_io import closing, locked, read_to_end, write_all
from ser_core.fifo.protocol import BodyLines, HeaderLines, Reply, Sendable, encode_request
from ser_core.fifo.reach import CannotReach, NoReply, Reach, explain, not_a_fifo, parsed
from ser_core.fifo.unix_client import UnixClient

__all__ = [
    "BodyLines",
    "CannotReach",
    "Client",
    "FifoClient",
    "HeaderLines",
    "NoReply",
    "Reach",
    "Reply",
    "Sendable",
    "UnixClient",
    "open_client",
]

TIMEOUT = 5.0
"""Seconds."""
LEAD = b"\n\n"
"""Written before a request. Another client may have left half a request behind: this ends its line
and its arguments. Where nothing was left, empty lines don't count."""


class Client(Protocol):
    """Asks one ser. Not for two threads at once."""

    def ask(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        """Send a request and wait for its reply, whatever its code.

        Raises CannotReach when it wasn't sent, NoReply when no reply came, ValueError when the
        arguments can't be sent.
        """

    def close(self) -> None:
        """Leave nothing behind."""


def open_client(
    path: str | os.PathLike[str],
    *,
    reply_dir: str | os.PathLike[str] | None = None,
    timeout: float = TIMEOUT,
) -> FifoClient | UnixClient:
    """A client for what is at `path`, a FIFO or a socket. Raises CannotReach for anything else."""
    place = Path(path)
    try:
        mode = place.stat().st_mode
    except OSError as error:
        raise explain(error, place) from error
    if stat.S_ISSOCK(mode):
        return UnixClient(place, timeout=timeout)
    if stat.S_ISFIFO(mode):
        return FifoClient(place, reply_dir=reply_dir, timeout=timeout)
    raise not_a_fifo(place)


class FifoClient:
    """Asks through the FIFO."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        reply_dir: str | os.PathLike[str] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        """`reply_dir` is the daemon's fifo_dir; the directory of the FIFO if it has none."""
        self.path = Path(path)
        self._reply_dir = Path(reply_dir) if reply_dir else self.path.parent
        self._timeout = timeout
        self._pipe: OwnPipe | None = None

    def ask(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        try:
            return self._exchange(command, arguments, deadline)
        except BaseException:
            # A late reply would be taken for the next one's; so the next one gets another pipe.
            self.close()
            raise

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.remove()
            self._pipe = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _exchange(self, command: str, arguments: Sequence[Sendable], deadline: float) -> Reply:
        with closing(self._open_fifo()) as fifo:
            pipe = self._reply_pipe(fifo)
            request = LEAD + encode_request(command, pipe.name, arguments)
            with closing(pipe.open()) as replies:
                with locked(fifo, deadline):
                    self._write(fifo, request, deadline)
                return parsed(read_to_end(replies, fifo, deadline))

    def _open_fifo(self) -> int:
        """For one request: the daemon may have been restarted since the last."""
        try:
            return os.open(self.path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise explain(error, self.path) from error

    def _reply_pipe(self, fifo: int) -> OwnPipe:
        """The one we have, while it is good."""
        found = os.fstat(fifo)
        if not stat.S_ISFIFO(found.st_mode):
            raise not_a_fifo(self.path)
        if self._pipe is None or not self._pipe.serves(found):
            self.close()
            self._pipe = OwnPipe(self._reply_dir, found)
        return self._pipe

    def _write(self, fifo: int, request: bytes, deadline: float) -> None:
        try:
            write_all(fifo, request, deadline)
        except BrokenPipeError as error:
            raise explain(error, self.path) from error

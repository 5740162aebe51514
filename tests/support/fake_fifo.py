"""A stand-in for ser's FIFO server, for tests of clients: a thread that answers as it is told.

    with FakeFifo(path, lambda request: b"200 ok\\n") as fake:
        FifoClient(path).ask("uptime")

It takes two newlines for the end of a request, so bodies sent to it have no empty lines.
"""

from __future__ import annotations

import os
import re
import select
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

Answer = Callable[[bytes], bytes | None]
"""From a request to its reply; None: there is none."""


def reply_name(request: bytes) -> str:
    """What stands behind the second colon."""
    found = re.match(rb":[^:\n]+:(\S*)\n", request)
    assert found, request
    return found[1].decode()


class FakeFifo:
    """Makes a FIFO, reads it, answers."""

    def __init__(
        self, path: Path, answer: Answer, *, reply_dir: Path | None = None, mode: int = 0o660
    ) -> None:
        self.path = path
        self._reply_dir = reply_dir or path.parent
        self.answer = answer
        self.requests: list[bytes] = []
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._holder = os.open(path, os.O_WRONLY)
        os.chmod(path, mode)
        self._stop, self._stopping = os.pipe()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._stopping)
        self._thread.join(10)
        os.close(self._stop)
        self.leave()
        self.path.unlink(missing_ok=True)

    def leave(self) -> None:
        """As if the process had ended: nobody reads the FIFO any more. For the thread itself."""
        for descriptor in (self.fd, self._holder):
            if descriptor >= 0:
                os.close(descriptor)
        self.fd = self._holder = -1

    def deliver(self, name: str, reply: bytes) -> None:
        """Write into a reply pipe as ser does. OSError when it isn't there or has no reader."""
        descriptor = os.open(self._reply_dir / name, os.O_WRONLY | os.O_NONBLOCK)
        os.set_blocking(descriptor, True)
        with os.fdopen(descriptor, "wb") as pipe:
            pipe.write(reply)

    def _serve(self) -> None:
        pending = b""
        while self.fd >= 0:
            ready, _, _ = select.select([self.fd, self._stop], [], [])
            if self._stop in ready:
                return
            *whole, pending = (pending + os.read(self.fd, 65536)).split(b"\n\n")
            for request in whole:
                if request.strip():  # empty lines before a command line don't count
                    self._take(request.lstrip(b"\n") + b"\n\n")

    def _take(self, request: bytes) -> None:
        self.requests.append(request)
        reply = self.answer(request)
        if reply is not None:
            self.deliver(reply_name(request), reply)

"""A client of SER's FIFO as reference/ser-fifo.md tells how to write one: mkfifo, write, read.

It shares nothing with `ser_core.fifo`, so that a mistake made on both sides there shows here.
"""

from __future__ import annotations

import itertools
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TIMEOUT = 5.0
_numbers = itertools.count(1)


class PlainFifo:
    """Asks the ser behind one FIFO; replies come into the same directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, command: str, *lines: str, timeout: float = TIMEOUT) -> str:
        """The whole reply to a well-formed request."""
        with self.reply_pipe() as name:
            return self.ask_on(name, request(command, name, *lines), timeout)

    def ask_on(self, name: str, text: str, timeout: float = TIMEOUT) -> str:
        """What comes through the pipe `name` once `text` has been written."""
        reader = os.open(self.path.with_name(name), os.O_RDONLY | os.O_NONBLOCK)
        try:
            self.write(text)
            return read_to_end(reader, timeout)
        finally:
            os.close(reader)

    @contextmanager
    def reply_pipe(self) -> Iterator[str]:
        """A new FIFO beside that of the requests; its name."""
        name = f"plain_{os.getpid()}_{next(_numbers)}"
        path = self.path.with_name(name)
        os.mkfifo(path, 0o620)
        try:
            yield name
        finally:
            path.unlink()

    def write(self, text: str) -> None:
        """One write, so that no other client's request gets in between."""
        writer = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        os.set_blocking(writer, True)
        try:
            assert os.write(writer, text.encode()) == len(text.encode())
        finally:
            os.close(writer)


def request(command: str, reply_name: str, *lines: str) -> str:
    """`:COMMAND:REPLYNAME`, the lines, and the empty line that ends a request."""
    return "".join(f"{line}\n" for line in (f":{command}:{reply_name}", *lines, ""))


def read_to_end(reader: int, timeout: float) -> str:
    """All that is written into a reply pipe until its writer closes it."""
    deadline = time.monotonic() + timeout
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    received = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError(f"no reply within {timeout:g} s, only {received!r}")
        part = os.read(reader, 1 << 16)
        if not part and received:
            return received.decode("utf-8", "surrogateescape")
        received += part


def code_of(reply: str) -> int:
    """The status of a reply; clients match only its digits."""
    return int(reply[:3])

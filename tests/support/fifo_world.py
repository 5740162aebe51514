"""A FIFO's server inside the hub of a test, its commands plain functions, and clients of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ser_core.fifo.access import Access
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.declarations import Argument, Result, line, rest
from ser_core.fifo.protocol import Reply
from ser_core.fifo.reply_pipe import ReplyPipes
from ser_core.fifo.request_pipe import RequestPipe
from ser_core.fifo.requests import Request, RequestReader
from ser_core.fifo.server import FifoServer
from tests.support.network import wait_for

ARGUMENTS: dict[str, tuple[Argument, ...]] = {
    "echo": (rest("words", "what to say"),),
    "print": (line("text", "what to say", missing="text expected"),),
}
"""Of the commands that take any; whatever else a test has takes none."""


class ReplyReader:
    """A reply pipe as a client has it."""

    def __init__(self, directory: Path, name: str, *, reading: bool = True) -> None:
        """Without `reading` it is only made."""
        self.name = name
        self.path = directory / name
        os.mkfifo(self.path, 0o620)
        self.fd = -1
        if reading:
            self.open()

    def open(self) -> None:
        """Read from now on."""
        self.fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self, size: int = 1 << 20) -> bytes | None:
        """What has come; None: nothing yet; b"" also before the writer came."""
        try:
            return os.read(self.fd, size)
        except BlockingIOError:
            return None

    def reply(self) -> bytes:
        """A whole reply, to its end. AssertionError when none comes."""
        parts: list[bytes] = [wait_for(self.read, f"a reply to {self.name}")]

        def is_at_its_end() -> bool:
            while part := self.read():
                parts.append(part)
            return part == b""

        wait_for(is_at_its_end, "the end of the reply")
        return b"".join(parts)

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class FifoWorld:
    """Pipe, server, counters, and the reply pipes of clients."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.counters = FifoCounters()
        self.now: float | None = None
        """What the server's clock shows; None: the time that it is."""
        self.commands: dict[str, Callable[[Request], Result]] = {
            "uptime": lambda _: Reply(200, "ok", b"Up time: 1 [sec]\n"),
            "echo": lambda request: Reply(200, "ok", repr(request.arguments).encode() + b"\n"),
            "print": lambda request: Reply(200, "ok", repr(request.arguments).encode() + b"\n"),
        }
        self.pipe = RequestPipe(directory / "ser_fifo", Access())
        self.pipe.make()
        self.replies = ReplyPipes(directory, self.pipe.may_write, self.counters)
        self.server = FifoServer(
            self.pipe, self.replies, self.make_reader, self.execute, self.counters
        )
        self.clients: list[ReplyReader] = []
        self.writer = os.open(self.pipe.path, os.O_WRONLY | os.O_NONBLOCK)

    def make_reader(self) -> RequestReader:
        return RequestReader(self.arguments_of, self.replies.has_pipe)

    def arguments_of(self, command: str) -> tuple[Argument, ...] | None:
        return ARGUMENTS.get(command, ()) if command in self.commands else None

    def execute(self, request: Request) -> Result:
        return self.commands[request.command](request)

    def client(self, name: str = "reply_1", *, reading: bool = True) -> ReplyReader:
        """A client with a pipe for replies."""
        self.clients.append(ReplyReader(self.directory, name, reading=reading))
        return self.clients[-1]

    def write(self, data: bytes) -> None:
        """Write to the FIFO as it stands at its path now."""
        fd = os.open(self.pipe.path, os.O_WRONLY | os.O_NONBLOCK)
        assert os.write(fd, data) == len(data)
        os.close(fd)

    def ask(self, command: str, *lines: str, name: str = "reply_ask") -> bytes:
        """The reply to a request of a new client."""
        client = ReplyReader(self.directory, name)
        try:
            self.write("\n".join((f":{command}:{name}", *lines, "\n")).encode())
            return client.reply()
        finally:
            client.close()
            client.path.unlink()

    def close(self) -> None:
        self.server.stop()
        self.pipe.remove()
        os.close(self.writer)
        for client in self.clients:
            client.close()

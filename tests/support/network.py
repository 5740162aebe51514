"""What the tests of the transports share: waiting, recording, and sockets on the loopback."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any

import gevent

from ser_core.errors import ParseError
from ser_core.sip.hop import Hop, Listener

DEADLINE = 5.0
"""Seconds until a test gives up waiting; none should ever need so many."""


def wait_for(condition: Callable[[], Any], what: str = "") -> Any:
    """Run the hub until `condition` is true and return its value. AssertionError after a while."""
    with gevent.Timeout(DEADLINE, AssertionError(f"waited in vain for {what or condition}")):
        while not (value := condition()):
            gevent.sleep(0.001)
        return value


def turn_hub(turns: int = 20) -> None:
    """Let the hub go round, for what must not happen."""
    for _ in range(turns):
        gevent.sleep(0.0005)


def message(name: str = "OPTIONS", size: int = 0) -> bytes:
    """A request that a stream can be framed by; its body has `size` bytes."""
    head = f"{name} sip:a@b SIP/2.0\r\nCall-ID: {name}\r\nContent-Length: {size}\r\n\r\n"
    return head.encode() + b"x" * size


class Recorder:
    """Keeps what the transports hand over; raises `failure` from each message when it is set."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, Hop]] = []
        self.exceptions: list[tuple[str, Exception]] = []
        self.framing_errors: list[tuple[ParseError, Hop, bytes]] = []
        self.errors: list[tuple[Hop, OSError]] = []
        self.opened: list[Hop] = []
        self.closed: list[Hop] = []
        self.failure: Exception | None = None

    def on_message(self, data: bytes, hop: Hop) -> None:
        self.messages.append((data, hop))
        if self.failure is not None:
            raise self.failure

    def on_exception(self, doing: str, error: Exception) -> None:
        self.exceptions.append((doing, error))

    def on_framing_error(self, error: ParseError, hop: Hop, head: bytes) -> None:
        self.framing_errors.append((error, hop, head))

    def on_error(self, hop: Hop, error: OSError) -> None:
        self.errors.append((hop, error))

    @property
    def data(self) -> list[bytes]:
        return [data for data, _ in self.messages]


def datagram_socket(host: str = "127.0.0.1") -> socket.socket:
    """Bound to a free port, non-blocking."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.setblocking(False)
    return made


def listening_socket(host: str = "127.0.0.1", backlog: int = 128) -> socket.socket:
    """Listens on a free port, non-blocking."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind((host, 0))
    made.listen(backlog)
    made.setblocking(False)
    return made


def listener_of(sock: socket.socket, index: int = 0) -> Listener:
    """The listener that describes a bound socket."""
    host, port = sock.getsockname()[:2]
    return Listener("udp" if sock.type == socket.SOCK_DGRAM else "tcp", host, port, index=index)


class Peer:
    """The far end of a connection; reads in the background of `wait_for`."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.received = b""
        self.ended = False

    @classmethod
    def connect(cls, address: tuple[str, int], source: str = "") -> Peer:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        if source:
            sock.bind((source, 0))
        sock.connect(address)
        return cls(sock)

    def send(self, data: bytes) -> None:
        sent = self.sock.send(data)
        assert sent == len(data), "more than the kernel buffers: use send_all"

    def send_all(self, data: bytes) -> None:
        rest = memoryview(data)

        def done() -> bool:
            nonlocal rest
            with contextlib.suppress(BlockingIOError):
                rest = rest[self.sock.send(rest) :]
            return not rest

        wait_for(done, "all to be sent")

    def read(self) -> bytes:
        """What has come in so far; `ended` tells whether more can come."""
        try:
            while chunk := self.sock.recv(65536):
                self.received += chunk
        except BlockingIOError:
            return self.received
        except ConnectionError:
            pass
        self.ended = True
        return self.received

    def wait_for_data(self, length: int = 1) -> bytes:
        wait_for(lambda: len(self.read()) >= length, f"{length} bytes")
        return self.received

    def wait_for_end(self) -> bytes:
        wait_for(lambda: self.read() is not None and self.ended, "the end of the stream")
        return self.received

    def close(self) -> None:
        self.sock.close()

    @property
    def port(self) -> int:
        return int(self.sock.getsockname()[1])

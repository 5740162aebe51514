"""Ask a running ser through its Unix socket, a datagram each way."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ser_core.fifo.protocol import Reply, Sendable, encode_request
from ser_core.fifo.reach import NoReply, explain, parsed

if TYPE_CHECKING:
    from socket import socket

_LARGEST = 1 << 20
"""Bytes of a reply; more than the kernel lets through a datagram socket."""


class UnixClient:
    """Asks through the socket.

    Each request has a socket of its own, so a late reply meets nobody. Its address has no file:
    nobody else can read it, it needs no directory that the daemon may write to, and it is gone when
    we are. The kernel lets none but the daemon write to it, since it is connected to the daemon's.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 5.0) -> None:
        self.path = Path(path)
        self._timeout = timeout

    def ask(self, command: str, *arguments: Sendable, timeout: float | None = None) -> Reply:
        request = encode_request(command, "", arguments)
        seconds = self._timeout if timeout is None else timeout
        with self._connected() as own:
            return parsed(self._exchange(own, request, seconds))

    def close(self) -> None:
        """Nothing is left between requests."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _connected(self) -> socket:
        """Raises CannotReach."""
        import socket  # 3 ms that users of the FIFO needn't wait for

        own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            own.bind("")  # the kernel finds a name
            own.connect(str(self.path))
        except OSError as error:
            own.close()
            raise explain(error, self.path) from error
        return own

    def _exchange(self, own: socket, request: bytes, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        try:
            own.settimeout(seconds)
            own.send(request)
            own.settimeout(max(0.001, deadline - time.monotonic()))
            return own.recv(_LARGEST)
        except TimeoutError:
            raise NoReply("ser didn't answer in time") from None
        except ConnectionError as error:
            raise explain(error, self.path) from error
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            raise ValueError("the request is too long for a socket; use the FIFO") from error

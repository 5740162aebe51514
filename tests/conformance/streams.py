"""One TCP connection as bytes: for what no well-behaved phone sends."""

from __future__ import annotations

import contextlib
import socket
from types import TracebackType
from typing import Self

TIMEOUT = 5.0


class Stream:
    """A connection to a proxy, from an address of choice."""

    def __init__(self, target: str, source: str = "127.0.0.1") -> None:
        host, _, port = target.rpartition(":")
        host = host.strip("[]")
        source = "::1" if ":" in host else source
        self.socket = socket.create_connection((host, int(port)), TIMEOUT, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def send(self, data: bytes) -> None:
        """Send it, though the far end may have closed already."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def wait_for(self, text: bytes, times: int = 1) -> bytes:
        """Read until `text` has come so often; all that came. Raises TimeoutError, EOFError."""
        while self.received.count(text) < times:
            if not self._read():
                raise EOFError(f"closed after {self.received!r}")
        return self.received

    def wait_for_end(self, timeout: float = TIMEOUT) -> bytes:
        """Read until the far end closes; all that came. Raises TimeoutError."""
        self.socket.settimeout(timeout)
        while self._read():
            pass
        return self.received

    def _read(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.received += data
        return bool(data)

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def request(method: str = "OPTIONS", *, call_id: str, length: str = "0", body: str = "") -> bytes:
    """A request over TCP that the proxy answers 483 by itself."""
    return (
        f"{method} sip:nobody@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK-{call_id}\r\n"
        f"Max-Forwards: 0\r\n"
        f"From: <sip:a@192.0.2.1>;tag=1\r\n"
        f"To: <sip:nobody@127.0.0.1>\r\n"
        f"Call-ID: {call_id}\r\n"
        f"CSeq: 1 {method}\r\n"
        f"Content-Length: {length}\r\n\r\n{body}"
    ).encode()

"""REGISTER requests at a steady rate, each of a user of its own, and when they were answered.

They go out whether or not answers come: who waits for a slow registrar doesn't see how slow it is.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.support.daemon import wait_for

_RESPONSE = re.compile(rb"SIP/2\.0 (\d{3})")
_CALL_ID = re.compile(rb"^call-id:\s*(\S+)@load\s*$", re.MULTILINE | re.IGNORECASE)


@dataclass
class Registered:
    """One that was answered 200."""

    sent_at: float
    answered_at: float

    @property
    def took(self) -> float:
        return self.answered_at - self.sent_at


class RegisterLoad:
    """A context manager; the load goes on inside."""

    def __init__(self, port: int, prefix: str, rate: float) -> None:
        """Users are called `prefix` and a number; `rate`: how many a second."""
        self._target = ("127.0.0.1", port)
        self._prefix = prefix
        self._rate = rate
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=x) for x in (self._send, self._receive)]
        self.sent: dict[str, float] = {}
        self.answered: dict[str, Registered] = {}
        self.refused: dict[str, int] = {}

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    @property
    def slowest(self) -> float:
        """Seconds that the slowest answer took."""
        return max((x.took for x in self.answered.values()), default=0.0)

    def unanswered(self, older_than: float) -> list[str]:
        """Who has waited longer than so many seconds, and waits."""
        before = time.monotonic() - older_than
        done = self.answered.keys() | self.refused.keys()
        return [user for user, at in list(self.sent.items()) if at < before and user not in done]

    def wait_for_answers(self, number: int, timeout: float = 20.0) -> None:
        """Until so many more than now have been answered."""
        wanted = len(self.answered) + number
        wait_for(lambda: len(self.answered) >= wanted, f"{number} answers", timeout)

    def _send(self) -> None:
        begun = time.monotonic()
        number = 0
        while not self._over.wait(max(0.0, begun + number / self._rate - time.monotonic())):
            user = f"{self._prefix}{number}"
            number += 1
            self.sent[user] = time.monotonic()
            self._socket.sendto(self._request(user), self._target)

    def _request(self, user: str) -> bytes:
        host, port = self._socket.getsockname()
        return (
            f"REGISTER sip:127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{user}\r\n"
            f"From: <sip:{user}@127.0.0.1>;tag=a\r\nTo: <sip:{user}@127.0.0.1>\r\n"
            f"Call-ID: {user}@load\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:{user}@{host}:{port}>\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n"
        ).encode()

    def _receive(self) -> None:
        while not self._over.is_set():
            try:
                data = self._socket.recv(65535)
            except TimeoutError:
                continue
            status, user = _RESPONSE.match(data), _CALL_ID.search(data)
            assert status is not None
            assert user is not None
            name = user[1].decode()
            if status[1] == b"200":
                self.answered[name] = Registered(self.sent[name], time.monotonic())
            else:
                self.refused[name] = int(status[1])

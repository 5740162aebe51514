"""All talk with the daemon: a thread that looks every second, and one for each request.

Nothing here waits for the screen, and the screen for nothing here. All threads are daemon threads:
whoever quits needn't wait until a far end has answered; reply pipes are removed in any case.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from ser_core.errors import SerError
from ser_core.fifo.client import Client
from ser_core.fifo.protocol import Reply, Sendable
from sertui.poller import Poller
from sertui.snapshot import Snapshot

PERIOD = 1.0
"""Seconds from one look to the next."""
AT_ONCE = 96
"""Requests under way; others wait. Pings have 72 at most, most of them wait for silent phones."""
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request ended."""

    reply: Reply | None
    problem: str = ""
    """Why there is no reply, in words."""
    seconds: float = 0.0

    @property
    def is_ok(self) -> bool:
        return self.reply is not None and self.reply.is_ok

    @property
    def words(self) -> str:
        """The status line, or the problem."""
        return f"{self.reply.code} {self.reply.text}" if self.reply else self.problem


Post = Callable[[Snapshot], None]
Take = Callable[[Answer], None]


class Source(Protocol):
    """What the app needs of a feed; tests have a recorded one."""

    def start(self) -> None:
        """Begin to post snapshots."""

    def stop(self) -> None:
        """Post no more."""

    def request(
        self, command: str, *arguments: Sendable, take: Take, timeout: float = TIMEOUT
    ) -> None:
        """Run a FIFO command; `take` gets the answer, in whatever thread."""


class Feed:
    """Asks one ser."""

    def __init__(
        self,
        connect: Callable[[], Client],
        post: Post,
        clock: Callable[[], float] = time.time,
        period: float = PERIOD,
    ) -> None:
        self._connect = connect
        self._post = post
        self._poller = Poller(connect, clock)
        self._period = period
        self._stopped = threading.Event()
        self._places = threading.Semaphore(AT_ONCE)
        self._idle: deque[Client] = deque()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="feed", daemon=True).start()

    def stop(self) -> None:
        """Look no more. What is under way isn't waited for, and its answer is not taken."""
        self._stopped.set()
        self._close_idle()

    def request(
        self, command: str, *arguments: Sendable, take: Take, timeout: float = TIMEOUT
    ) -> None:
        """Run a FIFO command in a thread; `take` is called there with the answer."""

        def exchange() -> None:
            with self._places:
                answer = self._exchange(command, arguments, timeout)
            if not self._stopped.is_set():
                take(answer)

        threading.Thread(target=exchange, name=f"feed {command}", daemon=True).start()

    def _run(self) -> None:
        while not self._stopped.is_set():
            begun = time.monotonic()
            snapshot = self._poller.look()
            if not self._stopped.is_set():
                self._post(snapshot)
            self._stopped.wait(max(0.0, begun + self._period - time.monotonic()))
        self._poller.close()

    def _exchange(self, command: str, arguments: tuple[Sendable, ...], timeout: float) -> Answer:
        begun = time.monotonic()
        try:
            client = self._take_client()
            begun = time.monotonic()
            reply = client.ask(command, *arguments, timeout=timeout)
        except (SerError, ValueError, OSError) as error:
            return Answer(None, str(error), time.monotonic() - begun)
        self._idle.append(client)
        if self._stopped.is_set():
            self._close_idle()
        return Answer(reply, "", time.monotonic() - begun)

    def _take_client(self) -> Client:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _close_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

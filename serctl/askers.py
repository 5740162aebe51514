"""Several requests to ser at the same time: `t_uac_dlg` answers when the far end has.

A client waits for its reply, so each request that is under way has a thread and a client of its
own; both are used again. Whatever happens in a thread comes out of `next()` in the caller's.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from ser_core.fifo.client import Client
    from ser_core.fifo.protocol import Reply, Sendable

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Result(Generic[Key]):
    """How a request ended."""

    key: Key
    """What `ask` was given to tell it by."""
    reply: Reply | None
    error: BaseException | None
    """What the client raised instead."""
    seconds: float
    """It took."""


class Askers(Generic[Key]):
    """Asks one ser, without waiting for each reply."""

    def __init__(
        self, connect: Callable[[], Client], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._results: queue.SimpleQueue[Result[Key]] = queue.SimpleQueue()
        self._idle: list[Client] = []
        self._is_closed = False
        self.outstanding = 0
        """Requests whose result hasn't been taken."""

    def ask(self, key: Key, command: str, *arguments: Sendable, timeout: float) -> None:
        """Send a request; its result comes out of `next`, at the latest after `timeout`."""
        self.outstanding += 1
        # A daemon thread: Ctrl-C needn't wait until the last one has its reply.
        threading.Thread(
            target=self._exchange, args=(key, command, arguments, timeout), daemon=True
        ).start()

    def next(self, timeout: float | None = None) -> Result[Key] | None:
        """The next result; None when there is none within `timeout` seconds."""
        try:
            result = self._results.get(timeout=timeout)
        except queue.Empty:
            return None
        self.outstanding -= 1
        return result

    def close(self) -> None:
        """Close the clients, those that still wait as soon as they don't any more."""
        self._is_closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _client(self) -> Client:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _exchange(
        self, key: Key, command: str, arguments: tuple[Sendable, ...], timeout: float
    ) -> None:
        begun = self._clock()
        reply, error = None, None
        try:
            client = self._client()
            begun = self._clock()
            try:
                reply = client.ask(command, *arguments, timeout=timeout)
            finally:
                seconds = self._clock() - begun
                self._idle.append(client)
        except BaseException as raised:  # noqa: BLE001  # handed over to whoever calls next()
            error, seconds = raised, self._clock() - begun
        self._results.put(Result(key, reply, error, seconds))
        if self._is_closed:
            self.close()

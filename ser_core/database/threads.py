"""Native threads that carry out what would block a hub.

They are daemons: one that hangs in a driver never holds up the end of the process.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

Task = Callable[[], None]
"""What a thread does; it must not raise."""


class Threads:
    """Up to `most` threads, started when there is something for them to do.

    To be used by one thread only, behind the fork.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0
        self._left = 0
        self._then: Task | None = None
        self._lock = threading.Lock()

    def start(self, task: Task) -> None:
        """Have it done by a thread as soon as one is free; they take tasks in order."""
        self._tasks.put(task)
        if not self._idle.acquire(blocking=False) and self._started < self._most:
            self._started += 1
            thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            thread.start()

    def stop(self, then: Task) -> None:
        """Let the threads end once nothing is left to do; nobody waits for them.

        The last one does `then`.
        """
        with self._lock:
            self._then = then
            self._left = self._started
        for _ in range(self._started):
            self._tasks.put(None)
        if not self._started:
            then()
        self._started = 0

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
            del task  # what it refers to must not live until the next one comes
            self._idle.release()
        with self._lock:
            self._left -= 1
            is_last = not self._left
        if is_last and self._then is not None:
            self._then()

"""Native threads that carry out what would block a hub.

They are daemons: one that hangs in a driver never holds up the end of the process.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Task = Callable[[], None]
"""What a thread does; it must not raise."""


class Threads:
    """Up to `most` threads, started when there is something for them to do.

    Tasks are taken in order, by the thread that has been idle for the shortest time: what it uses
    is still in the CPU's caches. To be used by one thread only, behind the fork.
    """

    def __init__(self, name: str, most: int, at_end: Task | None = None) -> None:
        """Each thread does `at_end` when it ends."""
        self._name = name
        self._most = most
        self._at_end = at_end
        self._tasks: deque[Task | None] = deque()
        self._idle: list[threading.Lock] = []
        """Bells of threads that sleep; each wakes when its lock is released."""
        self._started = 0
        self._left = 0
        self._then: Task | None = None
        self._lock = threading.Lock()

    def start(self, task: Task) -> None:
        """Have it done by a thread as soon as one is free."""
        self._tasks.append(task)
        if not self._wake_one():
            self._start_one()

    def stop(self, then: Task) -> None:
        """Let the threads end once nothing is left to do; nobody waits for them.

        The last one does `then`.
        """
        with self._lock:
            self._then = then
            self._left = self._started
        for _ in range(self._started):
            self._tasks.append(None)
            self._wake_one()
        if not self._started:
            then()
        self._started = 0

    def _start_one(self) -> None:
        if self._started < self._most:
            self._started += 1
            threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _wake_one(self) -> bool:
        try:
            self._idle.pop().release()
        except IndexError:
            return False
        return True

    def _work(self) -> None:
        bell = threading.Lock()
        bell.acquire()
        while (task := self._next(bell)) is not None:
            task()
            del task  # what it refers to must not live until the next one comes
        if self._at_end is not None:
            self._at_end()
        with self._lock:
            self._left -= 1
            is_last = not self._left
        if is_last and self._then is not None:
            self._then()

    def _next(self, bell: threading.Lock) -> Task | None:
        """The next task; sleeps until there is one."""
        tasks, idle = self._tasks, self._idle
        while True:
            try:
                return tasks.popleft()
            except IndexError:
                idle.append(bell)
            # What came before the bell hung there rang nobody's; but who has been rung must wait
            # for it, or it would ring once too often.
            if tasks and _take_down(bell, idle):
                continue
            bell.acquire()


def _take_down(bell: threading.Lock, idle: list[threading.Lock]) -> bool:
    try:
        idle.remove(bell)
    except ValueError:  # somebody is ringing it
        return False
    return True

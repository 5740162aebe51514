"""Messages of scripts that may wait: a greenlet for each call, its messages in their order.

A script that asks a database lets other messages be dealt with meanwhile, but never one of the same
call: a retransmission that overtook its original would be taken for a new request, a CANCEL would
find no INVITE (RFC 3261 §9.2). What belongs together has the same Call-ID.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from gevent.hub import Waiter

from ser_core.sip.hop import Hop
from ser_core.sip.message import Request, Response

Message = Request | Response

MAX_CALLS = 4096
"""Calls that may be under way or wait in one process; each costs a greenlet, some 20 KiB."""
MAX_BEHIND = 32
"""Messages of one call that may wait for the one before them."""
MAX_IDLE = 64
"""Greenlets that are kept for the next calls: to make one costs 12 us, and memory of the kernel."""


class Turns:
    """Gives each message its turn."""

    def __init__(self, process: Callable[[Message, Hop], None]) -> None:
        """`process` deals with one message; it may wait, and never raises."""
        self._process = process
        self._behind: dict[bytes, deque[tuple[Message, Hop]]] = {}
        """By Call-ID of the calls that are being dealt with, what came in meanwhile."""
        self._idle: list[Any] = []  # Any: gevent's Waiter
        """Where a greenlet waits for a call."""

    def __len__(self) -> int:
        return len(self._behind)

    def take(self, message: Message, source: Hop) -> bool:
        """Deal with the message when it is its turn; False when too much waits already."""
        call_id = message.call_id
        behind = self._behind.get(call_id)
        if behind is not None:
            if len(behind) >= MAX_BEHIND:
                return False
            behind.append((message, source))
            return True
        if len(self._behind) >= MAX_CALLS:
            return False
        self._behind[call_id] = deque()
        if self._idle:
            gevent.get_hub().loop.run_callback(self._idle.pop().switch, (call_id, message, source))
        else:
            gevent.spawn(self._serve_all, call_id, message, source)
        return True

    def _serve_all(self, call_id: bytes, message: Message, source: Hop) -> None:
        """One call after the other."""
        while True:
            self._serve(call_id, message, source)
            if len(self._idle) >= MAX_IDLE:
                return
            del message, source  # they must not live until the next call comes
            waiter: Any = Waiter()
            self._idle.append(waiter)
            call_id, message, source = waiter.get()

    def _serve(self, call_id: bytes, message: Message, source: Hop) -> None:
        behind = self._behind[call_id]
        try:
            self._process(message, source)
            while behind:
                self._process(*behind.popleft())
        finally:
            del self._behind[call_id]

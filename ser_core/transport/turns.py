"""Messages of scripts that may wait: a greenlet for each call, its messages in their order.

A script that asks a database lets other messages be dealt with meanwhile, but never one of the same
call: a retransmission that overtook its original would be taken for a new request, a CANCEL would
find no INVITE (RFC 3261 §9.2). What belongs together has the same Call-ID.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import gevent

from ser_core.sip.hop import Hop
from ser_core.sip.message import Request, Response

Message = Request | Response

MAX_CALLS = 4096
"""Calls that may be under way or wait in one process; each costs a greenlet, some 20 KiB."""
MAX_BEHIND = 32
"""Messages of one call that may wait for the one before them."""


class Turns:
    """Gives each message its turn."""

    def __init__(self, process: Callable[[Message, Hop], None]) -> None:
        """`process` deals with one message; it may wait, and never raises."""
        self._process = process
        self._behind: dict[bytes, deque[tuple[Message, Hop]]] = {}
        """By Call-ID of the calls that are being dealt with, what came in meanwhile."""

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
        gevent.spawn(self._serve, call_id, message, source)
        return True

    def _serve(self, call_id: bytes, message: Message, source: Hop) -> None:
        behind = self._behind[call_id]
        try:
            self._process(message, source)
            while behind:
                self._process(*behind.popleft())
        finally:
            del self._behind[call_id]

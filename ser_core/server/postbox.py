"""Messages of the attendant that must arrive: in order, as soon as the bus takes them, never
waiting. The attendant has no hub that would tell it when a socket can be written to again.
"""

from __future__ import annotations

from collections import deque

from ser_core.server.bus import MAX_MESSAGE, Bus
from ser_core.server.bus_messages import AnyMessage, encode
from ser_core.server.pieces import cut


class Postbox:
    """What is to be written to the processes."""

    def __init__(self, bus: Bus, sender: int) -> None:
        """`sender` is the attendant's place."""
        self._bus = bus
        self._sender = sender
        self._waiting: dict[int, deque[bytes]] = {}

    def send(self, process: int, message: AnyMessage) -> None:
        """Add a message; `flush` writes it."""
        encoded = encode(message)
        waiting = self._waiting.setdefault(process, deque())
        if len(encoded) <= MAX_MESSAGE:
            waiting.append(encoded)
        else:
            waiting.extend(encode(piece) for piece in cut(encoded, self._sender))

    def flush(self) -> bool:
        """Write what can be written; True when something must wait."""
        for process, waiting in list(self._waiting.items()):
            while waiting and self._bus.post_encoded(process, waiting[0]):
                waiting.popleft()
            if not waiting:
                del self._waiting[process]
        return bool(self._waiting)

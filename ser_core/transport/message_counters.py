"""Requests by method, responses by class, in each direction.

Counting is one look into a dict for each message, and a second one for a request that is sent.
"""

from __future__ import annotations

from ser_core.modules.api import Counter

METHODS = (b"INVITE", b"ACK", b"BYE", b"CANCEL", b"REGISTER", b"OPTIONS", b"MESSAGE", b"SUBSCRIBE",
           b"NOTIFY", b"PUBLISH", b"INFO", b"PRACK", b"UPDATE", b"REFER")  # fmt: skip
"""Those that have a counter of their own: all of RFC 3261 and its extensions."""
CLASSES = range(1, 7)
"""First digits of status codes (RFC 3261 §7.2)."""
_STATUS_LINE = len(b"SIP/2.0 2")


class MessageCounters:
    """Those of one direction: `received.INVITE`, `received.2xx`, `received.other` and so on."""

    def __init__(self, direction: str) -> None:
        """`direction`: `received` or `sent`."""
        self.methods = {
            method: Counter(
                f"{direction}.{method.decode()}", f"{method.decode()} requests {direction}"
            )
            for method in METHODS
        }
        self.other = Counter(f"{direction}.other", f"requests of other methods {direction}")
        self.classes = {
            digit: Counter(f"{direction}.{digit}xx", f"{digit}xx responses {direction}")
            for digit in CLASSES
        }
        self._by_status_line = {
            b"SIP/2.0 %d" % digit: counter for digit, counter in self.classes.items()
        }

    def all(self) -> list[Counter]:
        """In a fixed order."""
        return [*self.methods.values(), self.other, *self.classes.values()]

    def request(self, method: bytes) -> None:
        """One more request."""
        self.methods.get(method, self.other).add()

    def response(self, status: int) -> None:
        """One more response."""
        counter = self.classes.get(status // 100)
        if counter is not None:  # a status above 699 is of no class
            counter.add()

    def message(self, data: bytes) -> None:
        """One more message, of which there is only the text."""
        counter = self._by_status_line.get(data[:_STATUS_LINE])
        if counter is None:
            counter = self.methods.get(data[: data.find(b" ")], self.other)
        counter.add()

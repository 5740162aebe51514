"""A request of our own on a ladder, and what its user hears of it.

story = Story()
story.send("INVITE")
story.response(180)
story.heard                 # [180]
story.is_over()             # lets all timers fire; True when nothing is kept
"""

from __future__ import annotations

from ser_core.proxy.uac_request import UacRequest
from ser_core.sip.message import Request, Response
from ser_core.sip.request import Draft
from ser_core.sip.uri import parse_uri
from ser_core.transaction.timers import Timers
from tests.support.ladder import Ladder, Sent

BOB = "sip:bob@198.51.100.1"


def draft(method: str = "OPTIONS", uri: str = BOB, **parts: object) -> Draft:
    made = Draft(
        method.encode(),
        uri.encode(),
        f"<{uri}>".encode(),
        b"<sip:daemon@example.com>;tag=d",
        b"call-9",
        10,
    )
    return made._replace(**parts)  # type: ignore[arg-type]  # names and types are Draft's


class Story(Ladder):
    """One request of our own, and what its user hears of it."""

    def __init__(self, timers: Timers | None = None) -> None:
        super().__init__(timers)
        self.heard: list[int | str] = []

    def on_response(self, response: Response) -> None:
        self.heard.append(response.status)

    def on_no_response(self, status: int) -> None:
        self.heard.append(f"none: {status}")

    def on_error(self, error: int) -> None:
        self.heard.append(f"error: {error}")

    def _remember(self) -> None:
        """Each request once, in the order they left."""
        super()._remember()
        self.branches = list({sent.data: sent for sent in self.branches}.values())

    def send(self, method: str = "OPTIONS", uri: str = BOB, **parts: object) -> UacRequest:
        made = UacRequest(draft(method, uri, **parts), parse_uri(uri.encode()), self)
        self.proxy.uac.send(made)
        self._remember()
        return made

    def cancel(self, method: str = "INVITE") -> bool:
        return self.proxy.uac.cancel(b"call-9", f"10 {method}".encode())

    def only_sent(self) -> Sent:
        (sent,) = self.sent
        return sent

    @property
    def last_request(self) -> Request:
        message = self.branches[-1].message
        assert isinstance(message, Request)
        return message

    def is_over(self, seconds: float = 1000) -> bool:
        """Nothing is kept, once all timers have fired."""
        self.at(seconds)
        tables = (self.proxy.table.clients, self.proxy.table.servers, self.proxy.uac.requests)
        counters = self.tm
        return (
            not any(tables)
            and len(self.proxy.heap) == 0
            and counters.total.value == counters.finished.value == counters.local.value
            and counters.waiting.value == 0
        )

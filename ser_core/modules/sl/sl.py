"""Stateless replies: sent once, and forgotten (RFC 3261 §8.2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.fifo.declarations import Control, fifo_command
from ser_core.fifo.protocol import Reply
from ser_core.modules.api import REQUEST, Core, Counter, Module, command, counter
from ser_core.modules.arguments import ReasonPhrase, StatusCode
from ser_core.proxy.error_replies import reply_for

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.message import Request

LISTED = (200, 202, 300, 301, 302, 400, 401, 403, 404, 407, 408, 483, 500)
"""Codes with a counter of their own; the rest are counted by class."""

_STATS = (
    ("200", "202", "2xx"),
    ("300", "301", "302", "3xx"),
    ("400", "401", "403", "404", "407", "408", "483", "4xx"),
    ("500", "5xx"),
    ("6xx",),
    ("xxx",),
    ("failures",),
)
"""The lines of sl_stats."""


def _counter_of(name: str) -> str:
    return f"sl.{name}" if name == "failures" else f"sl.replies_{name}"


class Sl(Module):
    """Answers requests without keeping anything about them."""

    name = "sl"
    export_names = ("sl_module",)

    replies_200: Counter = counter("responses with 200 sent")
    replies_202: Counter = counter("responses with 202 sent")
    replies_2xx: Counter = counter("other 2xx responses sent")
    replies_300: Counter = counter("responses with 300 sent")
    replies_301: Counter = counter("responses with 301 sent")
    replies_302: Counter = counter("responses with 302 sent")
    replies_3xx: Counter = counter("other 3xx responses sent")
    replies_400: Counter = counter("responses with 400 sent")
    replies_401: Counter = counter("responses with 401 sent")
    replies_403: Counter = counter("responses with 403 sent")
    replies_404: Counter = counter("responses with 404 sent")
    replies_407: Counter = counter("responses with 407 sent")
    replies_408: Counter = counter("responses with 408 sent")
    replies_483: Counter = counter("responses with 483 sent")
    replies_4xx: Counter = counter("other 4xx responses sent")
    replies_500: Counter = counter("responses with 500 sent")
    replies_5xx: Counter = counter("other 5xx responses sent")
    replies_6xx: Counter = counter("6xx responses sent")
    replies_xxx: Counter = counter("provisional responses sent")
    failures: Counter = counter("responses that could not be sent, and attempts to answer an ACK")
    absorbed_acks: Counter = counter("ACKs to stateless responses, dropped before the script")

    def __init__(self) -> None:
        super().__init__()
        by_name = {made.name.removeprefix("sl.replies_"): made for made in self.counters}
        self._by_status = {status: by_name[str(status)] for status in LISTED}
        self._by_class = {number: by_name[f"{number}xx"] for number in range(2, 7)}

    def start(self, core: Core) -> None:
        self._tag = core.stateless_tag

    @command(routes=REQUEST)
    def sl_send_reply(self, msg: ScriptMessage, code: StatusCode, text: ReasonPhrase) -> bool:
        """Answer the request; false when that fails. A 3xx lists the destinations as Contacts."""
        headers = msg.core.contact_header(msg) if 300 <= code < 400 else None
        return self._reply(msg, code, text, headers)

    @command(routes=REQUEST)
    def sl_reply_error(self, msg: ScriptMessage) -> bool:
        """Answer with what fits the error of the command before; false when that fails."""
        status, reason = reply_for(msg.error, "SL")
        return self._reply(msg, status, reason, None)

    def _reply(
        self, msg: ScriptMessage, status: int, reason: bytes, headers: list[bytes] | None
    ) -> bool:
        if msg.message.method == b"ACK":
            msg.core.complain("sl", f"sl: an ACK is never answered ({status} asked for)", msg)
            self.failures.add()
            return False
        sent = msg.core.reply(msg, status, reason, headers=headers)
        if not sent:
            self.failures.add()
        return sent

    def count(self, status: int) -> None:
        """Count a response that was sent statelessly, by sl or by another; Core.reply calls it."""
        counted = self._by_status.get(status) or self._by_class.get(status // 100)
        (counted or self.replies_xxx).add()

    @fifo_command(
        reply="200 ok\n"
        "200: 4 202: 0 2xx: 0      \n"
        "300: 0 301: 0 302: 0 3xx: 0      \n"
        "400: 0 401: 0 403: 0 404: 2 407: 0 408: 0 483: 0 4xx: 0      \n"
        "500: 0 5xx: 0      \n"
        "6xx: 0      \n"
        "xxx: 0      \n"
        "failures: 0      ",
    )
    def sl_stats(self, control: Control) -> Reply:
        """How many responses were sent, by their codes."""
        lines = []
        for names in _STATS:
            numbers = " ".join(f"{x}: {control.total(_counter_of(x))}" for x in names)
            lines.append(f"{numbers}      \n")  # scripts know SER's blanks
        return Reply(body="".join(lines).encode())

    def before_request(self, msg: ScriptMessage) -> bool:
        """Drop the ACK to a response that was sent statelessly: nobody waits for it."""
        request: Request = msg.message
        if request.method != b"ACK" or not self._tag.is_ours(request):
            return True
        self.absorbed_acks.add()
        return False

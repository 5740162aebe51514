"""Requests in the hand of a script, and a process that only writes down what is asked of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from ser_core.modules.api import REQUEST, RouteKind
from ser_core.proxy.redirection import contact_line
from ser_core.script.runtime import ScriptMessage
from ser_core.sip.hop import Hop, Listener, LocalAddresses
from ser_core.sip.message import Request, Response
from ser_core.sip.parser import parse_message
from ser_core.sip.stateless_tag import StatelessTag

PROXY = Listener("udp", "192.0.2.1", 5060)
PROXY_TCP = Listener("tcp", "192.0.2.1", 5060)
INSIDE = Listener("udp", "10.0.0.1", 5060)
OTHER_PORT = Listener("udp", "192.0.2.1", 5080)
SIX = Listener("udp", "2001:db8::1", 5060)


class Sent(NamedTuple):
    """One reply that was asked for."""

    status: int
    reason: bytes
    headers: list[bytes]


class FakeCore:
    """What modules ask of the process, kept in lists."""

    def __init__(self, *listeners: Listener) -> None:
        self.local = LocalAddresses(list(listeners or (PROXY, PROXY_TCP, INSIDE, SIX)))
        self.stateless_tag = StatelessTag(b"a secret of the tests")
        self.replies: list[Sent] = []
        self.logged: list[tuple[int, str]] = []
        self.can_send = True
        self.now = 1_000_000_000.0

    def reply(
        self, msg: ScriptMessage, status: int, reason: bytes, *, headers: list[bytes] | None = None
    ) -> bool:
        self.replies.append(Sent(status, reason, [*msg.reply_headers, *(headers or ())]))
        return self.can_send

    def contact_header(self, msg: ScriptMessage) -> list[bytes]:
        line = contact_line(msg)
        return [line] if line else []

    def complain(self, kind: str, text: str, msg: ScriptMessage, level: int = 1) -> None:
        self.log(level, text, msg)

    def log(self, level: int, text: str, msg: ScriptMessage | None = None) -> None:
        self.logged.append((level, text))

    def wall_time(self) -> float:
        return self.now


def request_bytes(
    *headers: str,
    method: str = "INVITE",
    uri: str = "sip:bob@example.com",
    via: str = "SIP/2.0/UDP 192.0.2.101;branch=z9hG4bK-1",
    from_: str = "<sip:alice@example.org>;tag=a48s",
    to: str = "<sip:bob@example.com>",
    body: str = "",
) -> bytes:
    """A request with the mandatory headers; `headers` stand behind them."""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: {via}",
        f"From: {from_}",
        f"To: {to}",
        "Call-ID: 1@192.0.2.101",
        f"CSeq: 1 {method}",
        *headers,
    ]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def in_script(
    data: bytes, core: Any = None, *, listener: Listener = PROXY, kind: RouteKind = REQUEST
) -> ScriptMessage:
    """The message as a route block gets it; `core` may be anything that looks like a Core."""
    source = Hop(listener.transport, "192.0.2.101", 5060, listener)
    some_core: Any = core or FakeCore()
    return ScriptMessage(parse_message(data), source, 1.0, some_core, kind)


def request_in_script(*headers: str, core: Any = None, **parts: str) -> ScriptMessage:
    """`request_bytes`, parsed and in the script's hand."""
    return in_script(request_bytes(*headers, **parts), core)


def leaving(msg: ScriptMessage) -> Request | Response:
    """The message as it would leave, read again."""
    return parse_message(msg.message.to_bytes())

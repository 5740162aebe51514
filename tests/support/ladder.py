"""The stateful proxy without a network: messages in, messages out, and a clock that is set by hand.

ladder = Ladder()
ladder.request(invite())            # what arrives, and is relayed as t_relay does
ladder.sent                         # what has left since the last look: (first line, hop)
ladder.response(180, branch=0)      # a response on the first branch
ladder.at(0.5)                      # time passes; timers fire
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ser_core.modules.tm.tm import Tm
from ser_core.proxy.replies import Replies
from ser_core.proxy.stateful import StatefulProxy
from ser_core.script.runtime import ScriptMessage
from ser_core.sip.hop import Hop, Listener, LocalAddresses
from ser_core.sip.message import Request, Response
from ser_core.sip.parser import parse_message
from ser_core.sip.uri import Uri
from ser_core.transaction.timers import Timers

CALLER = ("192.0.2.1", 5060)


class Target(NamedTuple):
    transport: str
    host: str
    port: int


@dataclass
class Sent:
    """One message that has left."""

    data: bytes
    hop: Hop

    @property
    def message(self) -> Request | Response:
        return parse_message(self.data)

    @property
    def line(self) -> str:
        return self.data.split(b"\r\n", 1)[0].decode()


class FakeEnvironment:
    """The Environment of a test: remembers what is sent, answers from a table of names."""

    def __init__(self, transport: str = "udp") -> None:
        self.listener = Listener("udp", "192.0.2.100", 5060)
        self.tcp_listener = Listener("tcp", "192.0.2.100", 5060, index=1)
        self.local = LocalAddresses([self.listener, self.tcp_listener])
        self.replies = Replies()
        self.now = 1000.0
        self.sent: list[Sent] = []
        self.names: dict[bytes, list[Target]] = {}
        self.waiting: list[Callable[[list[Any]], None]] = []
        self.unreachable: set[str] = set()
        self.failed: set[Hop] = set()
        self.errors: dict[str, Callable[[Hop, OSError], None]] = {}
        self.failure_routes: dict[str, Callable[[ScriptMessage], None]] = {}
        self.reply_routes: dict[str, Callable[[Response], None]] = {}
        self.watcher: Any = None
        self.armed = 0
        self._ids = 0

    def monotonic(self) -> float:
        return self.now

    def unique(self) -> bytes:
        self._ids += 1
        return b"%016x" % self._ids

    def send(
        self,
        data: bytes,
        hop: Hop,
        on_error: Callable[[Hop, OSError], None] | None = None,
        fallback: Hop | None = None,
    ) -> bool:
        if hop.host in self.unreachable:
            return False
        if on_error is not None:
            self.errors[hop.host] = on_error
        self.sent.append(Sent(data, hop))
        return True

    def arm_timers(self) -> None:
        self.armed += 1

    def failed_lately(self, hop: Hop) -> bool:
        return hop in self.failed

    def resolve_now(self, uri: Uri, transport: Any = None) -> list[Any] | None:
        if uri.host in self.names:
            return self.names[uri.host]
        if uri.host[:1].isdigit():
            transport = (uri.transport or b"udp").decode()
            return [Target(transport, uri.host.decode(), uri.port or 5060)]
        return None

    def resolve(self, uri: Uri, found: Callable[[list[Any]], None], transport: Any = None) -> None:
        self.waiting.append(found)

    def listener_for(self, msg: ScriptMessage | None, transport: str, host: str) -> Listener | None:
        return self.tcp_listener if transport == "tcp" else self.listener

    def run_failure_route(self, name: str, msg: ScriptMessage) -> None:
        self.failure_routes[name](msg)

    def run_reply_route(
        self, name: str, response: Response, hop: Hop, request: ScriptMessage | None
    ) -> None:
        self.reply_routes[name](response)


class Ladder:
    """A stateful proxy between a caller and the targets that a test names."""

    def __init__(
        self, timers: Timers | None = None, transport: str = "udp", **settings: Any
    ) -> None:
        self.environment = FakeEnvironment()
        self.tm = Tm()
        self.proxy = StatefulProxy(
            self.environment,  # type: ignore[arg-type]
            timers or Timers(),
            self.tm,
            frozenset((self.environment.listener.sent_by,)),
            **settings,
        )
        self.transport = transport
        self.branches: list[Sent] = []

    @property
    def sent(self) -> list[Sent]:
        """What has left since the last look."""
        sent, self.environment.sent = self.environment.sent, []
        return sent

    @property
    def lines(self) -> list[str]:
        """First lines of what has left since the last look."""
        return [sent.line for sent in self.sent]

    def message(self, data: bytes) -> ScriptMessage:
        listener = (
            self.environment.tcp_listener if self.transport == "tcp" else self.environment.listener
        )
        source = Hop(listener.transport, *CALLER, listener, 7 if listener.reliable else 0)
        parsed = parse_message(data)
        return ScriptMessage(parsed, source, self.environment.now, self.environment)  # type: ignore[arg-type]

    def request(
        self,
        data: bytes,
        *targets: str,
        on_failure: str = "",
        on_reply: str = "",
    ) -> int | None:
        """A request arrives; unless a transaction takes it, it is relayed to the targets."""
        msg = self.message(data)
        if self.proxy.take(msg):
            self._remember()
            return None
        msg.on_failure, msg.on_reply = on_failure, on_reply
        if targets:
            msg.uri = targets[0].encode()
            for target in targets[1:]:
                msg.append_branch(target.encode())
        outcome = self.proxy.relay(msg)
        self._remember()
        return outcome

    def _remember(self) -> None:
        for sent in self.environment.sent:
            if isinstance(sent.message, Request) and sent.message.method not in (b"ACK", b"CANCEL"):
                self.branches.append(sent)

    def response(
        self,
        status: int,
        branch: int = 0,
        *,
        reason: str = "x",
        method: bytes = b"",
        headers: bytes = b"",
    ) -> bool:
        """A response to the request that left as number `branch` arrives."""
        request = self.branches[branch].message
        data = response_to(request, status, reason, method=method, headers=headers)
        parsed = parse_message(data)
        assert isinstance(parsed, Response)
        taken = self.proxy.clients.receive(parsed, self.environment.now)
        self._remember()
        return taken

    def at(self, seconds: float) -> None:
        """Let time pass up to so many seconds after the start; each timer fires at its time."""
        until = 1000.0 + seconds
        heap = self.proxy.heap
        while heap.earliest() <= until:
            self.environment.now = max(self.environment.now, heap.earliest())
            self.proxy.run_timers(self.environment.now)
        self.environment.now = until
        self._remember()


def response_to(
    request: Request | Response,
    status: int,
    reason: str = "x",
    *,
    method: bytes = b"",
    headers: bytes = b"",
) -> bytes:
    """A response as the far end would send it."""
    parts = [b"SIP/2.0 %d %s\r\n" % (status, reason.encode())]
    for name in (b"via", b"record-route", b"from", b"to", b"call-id"):
        for field in request.all(name):
            line = request.buffer[field[1] : field[3]]
            if name == b"to" and status > 100 and not request.to_tag:
                line = line.rstrip() + b";tag=callee\r\n"
            parts.append(line)
    parts.append(b"CSeq: %d %s\r\n" % (request.cseq_number, method or request.cseq_method))
    parts.append(headers + b"Content-Length: 0\r\n\r\n")
    return b"".join(parts)


def request(
    method: str = "INVITE",
    *,
    branch: str = "z9hG4bKcaller",
    uri: str = "sip:bob@192.0.2.100",
    to_tag: str = "",
    cseq: int = 1,
    headers: str = "",
    body: str = "",
    transport: str = "UDP",
) -> bytes:
    """A request from the caller."""
    cseq_method = method
    return (
        f"{method} {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} 192.0.2.1:5060;branch={branch}\r\n"
        f"From: <sip:alice@example.com>;tag=a1\r\n"
        f"To: <sip:bob@example.com>{';tag=' + to_tag if to_tag else ''}\r\n"
        f"Call-ID: call-1\r\nCSeq: {cseq} {cseq_method}\r\n"
        f"Max-Forwards: 69\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()

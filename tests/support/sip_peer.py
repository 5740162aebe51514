"""A SIP element made of sockets, for tests: it sends any text and waits for what comes.

It has no transactions and never sends by itself, so a test decides about every message. Its own
reading of messages is deliberately plain and shares nothing with `ser_core`.

    with Peer(proxy, "alice") as alice, Peer(proxy, "bob") as bob:
        bob.register()
        alice.send(alice.request("INVITE", f"sip:bob@{proxy}"))
        alice.response(100)
        invite = bob.receive("INVITE")
        bob.reply(invite, 200, "OK", contact=bob.uri)
"""

from __future__ import annotations

import itertools
import secrets
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tests.support.ports import free_port
from tests.support.sip_reading import Message, first_message, read_message, tag_of

TIMEOUT = 5.0
_numbers = itertools.count(1)


class Peer:
    """One socket address with a user behind it."""

    def __init__(
        self,
        proxy: str,
        user: str = "alice",
        *,
        transport: str = "udp",
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """`proxy`: HOST:PORT that `send` sends to."""
        self.proxy = proxy
        self.user = user
        self.transport = transport
        self.host = host
        self.port = port or free_port(host)
        self._selector = selectors.DefaultSelector()
        self._connection: socket.socket | None = None
        self._partial: dict[socket.socket, bytes] = {}
        self._arrived: list[Message] = []
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, self.port))
        if transport == "tcp":
            self.socket.listen()
        self._selector.register(self.socket, selectors.EVENT_READ)

    @property
    def host_port(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def uri(self) -> str:
        """What stands in our Contact."""
        suffix = ";transport=tcp" if self.transport == "tcp" else ""
        return f"sip:{self.user}@{self.host_port}{suffix}"

    # Sending

    def request(
        self,
        method: str,
        uri: str,
        *,
        call_id: str = "",
        cseq: int = 1,
        branch: str = "",
        from_tag: str = "a",
        to: str = "",
        via: str = "",
        max_forwards: int | None = 70,
        headers: Sequence[str] = (),
        body: str = "",
    ) -> str:
        """A well-formed request as text, ready to be spoiled. `to`: value of To, else the URI."""
        sent_by = via or f"SIP/2.0/{self.transport.upper()} {self.host_port}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: {sent_by};branch={branch or new_branch()}",
            *([f"Max-Forwards: {max_forwards}"] if max_forwards is not None else []),
            f"From: <sip:{self.user}@{self.proxy}>;tag={from_tag}",
            f"To: {to or f'<{uri}>'}",
            f"Call-ID: {call_id or new_call_id()}",
            f"CSeq: {cseq} {method}",
            *([f"Contact: <{self.uri}>"] if method in ("INVITE", "SUBSCRIBE") else []),
            *headers,
            f"Content-Length: {len(body.encode())}",
        ]
        return "\r\n".join([*lines, "", body])

    def send(self, text: str | bytes, target: str = "") -> None:
        """Send to the proxy, or to another HOST:PORT."""
        self._send(text.encode() if isinstance(text, str) else text, target or self.proxy)

    def _send(self, data: bytes, target: str) -> None:
        if self.transport == "udp":
            self.socket.sendto(data, _address(target))
            return
        if self._connection is None:
            self._connection = socket.create_connection(_address(target), TIMEOUT)
            self._watch(self._connection)
        self._connection.sendall(data)

    def reply(
        self,
        request: Message,
        status: int,
        reason: str = "",
        *,
        to_tag: str = "b",
        contact: str = "",
        headers: Sequence[str] = (),
        body: str = "",
    ) -> str:
        """Answer a request the way it came (RFC 3261 §8.2.6); the text that was sent."""
        copied = [
            f"{name.title()}: {value}"
            for name, value in request.fields
            if name in ("via", "record-route", "from", "call-id", "cseq")
        ]
        to = request.header("to")
        tag = "" if status == 100 or ";tag=" in to else f";tag={to_tag}"
        lines = [
            f"SIP/2.0 {status} {reason or 'Because'}",
            *copied,
            f"To: {to}{tag}",
            *([f"Contact: <{contact}>"] if contact else []),
            *headers,
            f"Content-Length: {len(body.encode())}",
        ]
        text = "\r\n".join([*lines, "", body])
        self.send_back(request, text)
        return text

    def send_back(self, request: Message, text: str) -> None:
        """Send `text` to where `request` came from."""
        if request.connection is not None:
            request.connection.sendall(text.encode())
        else:
            self.socket.sendto(text.encode(), request.source)

    def register(self, *, expires: int = 3600, contact: str = "", call_id: str = "") -> Message:
        """Register our address (or another Contact value) for our user; the 200."""
        text = self.request(
            "REGISTER",
            f"sip:{self.proxy}",
            to=f"<sip:{self.user}@{self.proxy}>",
            call_id=call_id,
            cseq=next(_numbers),
            headers=[f"Contact: {contact or f'<{self.uri}>'}", f"Expires: {expires}"],
        )
        self.send(text)
        return self.response(200)

    # Receiving

    def response(self, status: int, method: str = "", timeout: float = TIMEOUT) -> Message:
        """The first response with this status (and CSeq method) that wasn't taken yet."""
        return self._take(
            lambda message: (
                not message.is_request
                and message.status == status
                and (not method or message.cseq_method == method)
            ),
            f"{status} {method}",
            timeout,
        )

    def final_response(self, timeout: float = TIMEOUT) -> Message:
        """The first response from 200 up that wasn't taken yet."""
        return self._take(
            lambda message: not message.is_request and message.status >= 200,
            "final response",
            timeout,
        )

    def receive(self, method: str, timeout: float = TIMEOUT) -> Message:
        """The first request of this method that wasn't taken yet. Raises TimeoutError."""
        return self._take(
            lambda message: message.is_request and message.method == method, method, timeout
        )

    def next_message(self, timeout: float = TIMEOUT) -> Message:
        """Whatever is first among what wasn't taken yet."""
        return self._take(lambda message: True, "message", timeout)

    def nothing_comes(self, seconds: float = 0.2) -> bool:
        """Listen for that long; whether there was nothing left to take."""
        deadline = time.monotonic() + seconds
        while not self._arrived and time.monotonic() < deadline:
            self._read(deadline - time.monotonic())
        return not self._arrived

    def arrived(self, seconds: float = 0.0) -> list[Message]:
        """All that wasn't taken yet, after listening for a while; takes it."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._read(left)
        self._read(0)
        taken, self._arrived = self._arrived, []
        return taken

    def _take(self, matches: Callable[[Message], bool], wanted: str, timeout: float) -> Message:
        deadline = time.monotonic() + timeout
        while True:
            for message in self._arrived:
                if matches(message):
                    self._arrived.remove(message)
                    return message
            left = deadline - time.monotonic()
            if left <= 0:
                lines = [message.first_line for message in self._arrived]
                raise TimeoutError(f"{self.user} waited for {wanted}, but got only {lines}")
            self._read(left)

    def _read(self, timeout: float) -> None:
        """Take in what is there, waiting at most `timeout` seconds for something to come."""
        for key, _ in self._selector.select(max(timeout, 0)):
            ready = key.fileobj
            assert isinstance(ready, socket.socket)
            if self.transport == "udp":
                data, source = ready.recvfrom(65535)
                self._arrived.append(read_message(data, source[:2]))
            elif ready is self.socket:
                self._watch(ready.accept()[0])
            else:
                self._read_stream(ready)

    def _watch(self, connection: socket.socket) -> None:
        self._partial[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _read_stream(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self._forget(connection)
            return
        source = connection.getpeername()[:2]
        unread = self._partial[connection] + data
        while (size := first_message(unread)) is not None:
            self._arrived.append(read_message(unread[:size], source, connection))
            unread = unread[size:].lstrip(b"\r\n")
        self._partial[connection] = unread

    def _forget(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._partial[connection]
        connection.close()
        if connection is self._connection:
            self._connection = None

    @property
    def is_connected(self) -> bool:
        """Over TCP: whether the connection to the proxy stands, as far as has been read."""
        self._read(0)
        return self._connection is not None

    def close(self) -> None:
        """Give all sockets back."""
        for connection in list(self._partial):
            self._forget(connection)
        self._selector.close()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _address(target: str) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    return host.strip("[]"), int(port)


def new_branch() -> str:
    """A branch that nobody has used (RFC 3261 §8.1.1.7)."""
    return f"z9hG4bK-{secrets.token_hex(8)}"


def new_call_id() -> str:
    """A Call-ID that nobody has used."""
    return f"{secrets.token_hex(8)}@127.0.0.1"


def ack(invite: str, response: Message) -> str:
    """The ACK to a negative final response: hop by hop, in the INVITE's branch (§17.1.1.3)."""
    lines = invite.split("\r\n\r\n")[0].split("\r\n")
    kept = [line for line in lines if line.startswith(("Via:", "From:", "Call-ID:", "Max-"))]
    number = next(line for line in lines if line.startswith("CSeq:")).split()[1]
    first = lines[0].replace("INVITE", "ACK", 1)
    to = f"To: {response.header('to')}"
    return "\r\n".join([first, *kept, to, f"CSeq: {number} ACK", "Content-Length: 0", "", ""])


def cancel(invite: str) -> str:
    """The CANCEL for an INVITE that we have sent (§9.1)."""
    lines = invite.split("\r\n\r\n")[0].split("\r\n")
    kept = [line for line in lines if line.startswith(("Via:", "From:", "To:", "Call-ID:", "Max-"))]
    number = next(line for line in lines if line.startswith("CSeq:")).split()[1]
    first = lines[0].replace("INVITE", "CANCEL", 1)
    return "\r\n".join([first, *kept, f"CSeq: {number} CANCEL", "Content-Length: 0", "", ""])


def in_dialog(
    caller: Peer, method: str, invite: str, ok: Message, *, cseq: int = 2, branch: str = ""
) -> str:
    """A request within the dialog that `ok` (the 2xx) made: target and route set from it (§12)."""
    call_id = ok.header("call-id")
    contact = ok.header("contact").split("<")[1].split(">")[0]
    routes = [f"Route: {value}" for value in reversed(ok.values("record-route"))]
    return caller.request(
        method,
        contact,
        call_id=call_id,
        cseq=1 if method == "ACK" else cseq,
        branch=branch,
        from_tag=tag_of(ok.header("from")),
        to=ok.header("to"),
        headers=routes,
    )

"""The command socket's server: each datagram is a request, its reply goes to the sender.

What the FIFO can't do comes by itself here: requests of any length don't mix, and the kernel knows
whom to answer and who asked. A client that doesn't take its reply loses it after unix_tx_timeout.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import gevent

from ser_core import log
from ser_core.fifo.answering import Execute, answer
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.endpoint_server import TURN_TIME, EndpointServer
from ser_core.fifo.protocol import Reply
from ser_core.fifo.reply_socket import CREDENTIALS_SIZE, SocketRefused, pinned, sender_of
from ser_core.fifo.request_socket import RequestSocket
from ser_core.fifo.requests import BadRequest, Request
from ser_core.fifo.waiting import WaitingReplies

LONGEST_REQUEST = 1 << 20
"""Bytes, as in the FIFO."""
RETRY_DELAY = 0.02
"""Seconds before the first further try to send to a client whose queue is full. Our socket can
always be written to, so the system has no event for that."""
LONGEST_DELAY = 0.32
"""Each try copies the reply into the kernel, so they become seldom."""

Address = str | bytes | None
"""Of a client: a path, a name that begins with NUL (bytes), or nothing when it isn't bound."""


@dataclass(frozen=True, slots=True)
class _Client:
    """Whom a reply is for."""

    address: str | bytes
    uid: int

    def send(self, data: bytes, send: Callable[[bytes, str | bytes], object]) -> None:
        """Send to the socket behind the address. Raises SocketRefused, OSError.

        A name that begins with NUL is no file, so nobody can have exchanged it.
        """
        if isinstance(self.address, bytes):
            send(data, self.address)
            return
        with pinned(self.address, self.uid) as address:
            send(data, address)


class UnixSocketServer(EndpointServer):
    """Serves the command socket."""

    def __init__(
        self,
        command_socket: RequestSocket,
        parse: Callable[[bytes], Request | BadRequest],
        execute: Execute,
        counters: FifoCounters,
        tx_timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tx_timeout`: seconds for a reply to leave."""
        super().__init__(command_socket, execute, counters, clock)
        self._command_socket = command_socket
        self._parse = parse
        self._tx_timeout = tx_timeout
        self._buffer = bytearray(LONGEST_REQUEST + 1)
        self._waiting = WaitingReplies()

    @property
    def waiting(self) -> int:
        """Replies that wait for their clients."""
        return len(self._waiting)

    def finish(self) -> None:
        self._waiting.close()

    def read_turn(self) -> None:
        until = self.clock() + TURN_TIME
        while True:
            try:
                size, ancillary, _, address = self._command_socket.socket.recvmsg_into(
                    [self._buffer], CREDENTIALS_SIZE
                )
            except BlockingIOError:
                return
            data, sender = bytes(memoryview(self._buffer)[:size]), sender_of(ancillary)
            self.guarded(partial(self._serve, data, address, sender))
            if self.clock() >= until:
                return

    def on_remade(self) -> None:
        """Nothing: no request is ever half there."""

    def _serve(self, data: bytes, address: Address, sender: int) -> None:
        request = self._parse(data) if len(data) <= LONGEST_REQUEST else _TOO_LONG
        answer(request, self._execute, partial(self._send, address, sender), self.counters)

    def _send(self, address: Address, sender: int, reply: Reply) -> None:
        """Send a reply at once, or have it wait for a client that is slow to read."""
        if not address:
            self._lose("a client", "it must bind its socket to get one")
        elif isinstance(address, str) and not address.startswith("/"):
            self._lose(address, "it is bound to a relative path, and we are in another directory")
        else:
            data, client = _in_words_of_the_socket(reply).to_bytes(), _Client(address, sender)
            if not self._is_over(data, client):
                self._send_later(data, client)

    def _is_over(self, data: bytes, client: _Client) -> bool:
        """Try to send; False when the client's queue is full."""
        try:
            self._send_whole(data, client)
        except BlockingIOError:
            return False
        except OSError as error:
            self._lose(client.address, str(error.strerror))
        except SocketRefused as error:
            self._lose(client.address, str(error))
        else:
            self.counters.replies.add()
        return True

    def _send_whole(self, data: bytes, client: _Client) -> None:
        send = self._command_socket.socket.sendto
        try:
            client.send(data, send)
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            client.send(_too_large(data).to_bytes(), send)

    def _send_later(self, data: bytes, client: _Client) -> None:
        if not self._waiting.add(len(data), lambda: self._send_slowly(data, client)):
            self._lose(client.address, "too many replies wait for their clients")

    def _send_slowly(self, data: bytes, client: _Client) -> None:
        until = self.clock() + self._tx_timeout
        delay = RETRY_DELAY
        try:
            while (left := until - self.clock()) > 0:
                gevent.sleep(min(delay, left))
                if self._is_over(data, client):
                    return
                delay = min(2 * delay, LONGEST_DELAY)
            self._lose(client.address, f"it took none for {self._tx_timeout:g} seconds")
        except gevent.GreenletExit:
            self._lose(client.address, "it took none before ser ended")

    def _lose(self, address: str | bytes, reason: str) -> None:
        self.counters.replies_lost.add()
        log.limited("unix-lost", log.WARNING, "no reply to %s: %s", address, reason)


_TOO_LONG = BadRequest("", Reply(400, "request too long"), "request too long")


def _too_large(data: bytes) -> Reply:
    return Reply(500, f"reply of {len(data)} bytes doesn't fit a datagram, use the FIFO")


def _in_words_of_the_socket(reply: Reply) -> Reply:
    """Section 9 of the reference: where the FIFO says `200 ok`, the socket says `200 OK`."""
    return replace(reply, text="OK") if (reply.code, reply.text) == (200, "ok") else reply

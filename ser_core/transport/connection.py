"""One stream connection (RFC 3261 §18): messages out of it in order, messages into it in order.

      CONNECTING --connected--> OPEN --drain()--> DRAINING
          |                      |                   |
          +------- error, timeout, end of stream ----+--> CLOSED

All of it runs in the hub's callbacks: a watcher for reading, one for writing while something
waits, and no greenlet. What is handed over is written at once when the kernel takes it; the rest
waits in a bounded queue. In DRAINING nothing that comes in is looked at any more: what waits is
written, then our side is shut, and reading goes on until the peer closes too, because closing a
socket with unread bytes in it would make the kernel throw away the answer that we have just sent.
"""

from __future__ import annotations

import enum
import errno
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

import gevent

from ser_core.errors import ParseError
from ser_core.sip.framer import PING, StreamFramer
from ser_core.sip.hop import Hop
from ser_core.transport.counters import TransportCounters
from ser_core.transport.limits import Limits
from ser_core.transport.udp import STARTS_MESSAGE

CHUNK = 65536
READ = 1
WRITE = 2

PONG = b"\r\n"
"""The answer to a keep-alive (RFC 5626 §4.4.1)."""

OnError = Callable[[Hop, OSError], None]


class Pending(NamedTuple):
    """A message that was handed over to be sent, and what to do when that fails."""

    data: bytes
    hop: Hop
    on_error: OnError | None = None
    fallback: Hop | None = None


class State(enum.Enum):
    CONNECTING = enum.auto()
    OPEN = enum.auto()
    DRAINING = enum.auto()
    CLOSED = enum.auto()


CONNECTING = State.CONNECTING
OPEN = State.OPEN
DRAINING = State.DRAINING
CLOSED = State.CLOSED


class Owner(Protocol):
    """What a connection tells the table that it stands in. Nothing here may raise."""

    def deliver(self, data: bytes, connection: Connection) -> None:
        """A whole message has come in."""

    def framing_failed(self, connection: Connection, error: ParseError, head: bytes) -> None:
        """What comes in can't be cut into messages; what is sent now is still delivered.

        `head` is that of the message at fault, or empty when not even that could be read.
        """

    def guard(self, doing: str, error: Exception) -> None:
        """An exception that nobody expected was stopped."""

    def opened(self, connection: Connection) -> None:
        """Our connect has succeeded."""

    def closed(self, connection: Connection, error: OSError | None, unsent: list[Pending]) -> None:
        """It is gone; `unsent` never left whole."""


class Connection:
    """A socket with its framer, its queue and its deadlines."""

    __slots__ = (
        "_again",
        "_blocked_since",
        "_counters",
        "_drain_until",
        "_framer",
        "_limits",
        "_offset",
        "_owner",
        "_partial_since",
        "_peer_shut",
        "_queue",
        "_reader",
        "_seen_first",
        "_socket",
        "_writer",
        "accepted",
        "active_at",
        "aliases",
        "hop",
        "never_opened",
        "opened_at",
        "queued_bytes",
        "state",
    )

    def __init__(
        self,
        sock: socket.socket,
        hop: Hop,
        owner: Owner,
        counters: TransportCounters,
        limits: Limits,
        *,
        accepted: bool,
    ) -> None:
        """Takes over a non-blocking socket: one that was accepted, or one whose connect is under
        way."""
        self.hop = hop
        """The peer, as messages from it show it; `hop.connection` is our number."""
        self.accepted = accepted
        self.state = OPEN if accepted else CONNECTING
        self.opened_at = self.active_at = time.monotonic()
        self.never_opened = False
        """Closed before our connect had succeeded."""
        self.queued_bytes = 0
        self.aliases: list[int] = []
        """Further ports that requests to this peer may name (RFC 5923)."""
        self._socket = sock
        self._owner = owner
        self._counters = counters
        self._limits = limits
        self._framer = StreamFramer()
        self._queue: deque[Pending] = deque()
        self._offset = 0  # how much of the first in the queue has gone
        self._seen_first = False
        self._peer_shut = False
        self._partial_since = self._blocked_since = self._drain_until = 0.0
        loop = gevent.get_hub().loop
        self._reader = loop.io(sock.fileno(), READ)
        self._writer = loop.io(sock.fileno(), WRITE)
        self._again = loop.timer(0.0)
        if accepted:
            self._begin_reading()
        else:
            self._writer.start(self._on_connected)

    @property
    def is_usable(self) -> bool:
        """Messages can be handed over."""
        return self.state is OPEN or self.state is CONNECTING

    @property
    def is_connecting(self) -> bool:
        """Our connect is under way."""
        return self.state is CONNECTING

    @property
    def waiting(self) -> int:
        """Messages not yet written whole."""
        return len(self._queue)

    # Opening

    def _on_connected(self) -> None:
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number == 0 and self._leads_to_itself():
            number = errno.ECONNREFUSED  # nobody listens there, we met ourselves
        if number:
            self.close(OSError(number, os.strerror(number)))
            return
        self.state = OPEN
        self.active_at = time.monotonic()
        self._writer.stop()
        self._begin_reading()
        self._owner.opened(self)
        if self._queue:
            self._blocked_since = self.active_at
            self._writer.start(self._on_writable)

    def _leads_to_itself(self) -> bool:
        """True when a connect to a free local port took that very port as its own source port."""
        try:
            return bool(self._socket.getsockname() == self._socket.getpeername())
        except OSError:
            return False  # reset meanwhile; the first read tells

    # Reading

    def _begin_reading(self) -> None:
        """From now on the kernel, too, gives up a peer that has vanished with our bytes unread."""
        patience = int(self._limits.send_timeout * 1000)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)
        self._reader.start(self._on_readable)

    def _on_readable(self) -> None:
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self.close(error)
            return
        if not data:
            self._on_end_of_stream()
            return
        if self.state is DRAINING:
            return
        self.active_at = time.monotonic()
        if not self._seen_first and not self._begins_well(data):
            return
        self._deliver(data)

    def _begins_well(self, data: bytes) -> bool:
        """Shut out TLS, binary rubbish and the like by their first byte."""
        self._seen_first = True
        if STARTS_MESSAGE[data[0]] or data[0] in b"\r\n":
            return True
        self._on_framing_error(ParseError("not SIP", 400))
        return False

    def _deliver(self, data: bytes = b"") -> None:
        """Take in `data` and hand over what is complete, up to a turn's share."""
        if self.state is not OPEN:
            return
        try:
            self._framer.feed(data)
            finished = self._deliver_turn()
        except ParseError as error:
            self._on_framing_error(error)
            return
        except Exception as error:  # noqa: BLE001  # the guard of one connection's framer
            self._owner.guard(f"reading from {self}", error)
            self.close(OSError("its messages could not be read"))
            return
        if self.state is not OPEN:
            return
        self._note_partial()
        if finished:
            self._reader.start(self._on_readable)
        else:
            # By a timer, not by run_callback: gevent runs callbacks for up to 5 ms before it looks
            # at sockets again.
            self._reader.stop()
            self._again.start(self._deliver)

    def _deliver_turn(self) -> bool:
        """True when the framer has nothing whole left."""
        pings = 0
        finished = False
        for _ in range(self._limits.tcp_messages_per_turn):
            item = self._framer.next_message()
            if item is None:
                finished = True
                break
            if item is PING:
                pings += 1
                continue
            self._partial_since = 0.0
            self._owner.deliver(item, self)
            if self.state is not OPEN:
                return True
        if pings:
            self._counters.tcp_keepalives.add(pings)
            self.write(Pending(PONG * pings, self.hop))
        return finished

    def _note_partial(self) -> None:
        if not self._framer.has_partial:
            self._partial_since = 0.0
        elif not self._partial_since:
            self._partial_since = self.active_at

    def _on_framing_error(self, error: ParseError) -> None:
        self._counters.tcp_framing_errors.add()
        self._owner.framing_failed(self, error, self._framer.rejected)
        self.drain()

    def _on_end_of_stream(self) -> None:
        """The peer has shut its side: it gets what waits for it, then we close too."""
        self._peer_shut = True
        self._reader.stop()
        if self.state is OPEN and self._framer.has_partial:
            self._counters.tcp_truncated.add()
        if self._queue:
            self.drain()
        else:
            self.close(None)

    # Writing

    def write(self, pending: Pending) -> bool:
        """Send, or queue to be sent. False when the queue is full or the connection not usable;
        `pending` is forgotten then, and its `on_error` not called."""
        if self.state is CONNECTING or (self._queue and self.state is OPEN):
            return self._enqueue(pending)
        if self.state is not OPEN:
            return False
        data = pending.data
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.close(error)
            return False
        self.active_at = time.monotonic()
        if sent < len(data):
            self._offset = sent
            self._enqueue(pending)
            self._blocked_since = self.active_at
            self._writer.start(self._on_writable)
        return True

    def _enqueue(self, pending: Pending) -> bool:
        size = self.queued_bytes + len(pending.data)
        full = size > self._limits.queue_bytes or len(self._queue) >= self._limits.queue_messages
        if full and self._queue:
            self._counters.tcp_queue_overflows.add()
            return False
        self.queued_bytes = size
        self._queue.append(pending)
        return True

    def _on_writable(self) -> None:
        try:
            self._write_queue()
        except BlockingIOError:
            return
        except OSError as error:
            self.close(error)
            return
        self._writer.stop()
        self._blocked_since = 0.0
        if self.state is DRAINING:
            self._shut_our_side()

    def _write_queue(self) -> None:
        """Write until nothing is left; BlockingIOError when the kernel takes no more.

        The send timeout counts for each message anew: a peer that takes one byte now and then
        doesn't keep its queue for ever.
        """
        queue = self._queue
        while queue:
            data = queue[0].data
            while self._offset < len(data):
                self._offset += self._socket.send(memoryview(data)[self._offset :])
            self._offset = 0
            self.queued_bytes -= len(data)
            queue.popleft()
            self._blocked_since = self.active_at = time.monotonic()

    # Closing

    def drain(self) -> None:
        """Close as soon as what waits has been written and the peer has closed, or in a while."""
        if not self.is_usable:
            return
        if self.state is CONNECTING:
            self.close(OSError("closed before it was connected"))
            return
        self.state = DRAINING
        self._drain_until = time.monotonic() + self._limits.drain_timeout
        if not self._queue:
            self._shut_our_side()

    def _shut_our_side(self) -> None:
        if self._peer_shut:
            self.close(None)
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.close(error)

    def close(self, error: OSError | None) -> None:
        """Close now; what waits is lost and reported to the owner with `error`."""
        if self.state is CLOSED:
            return
        self.never_opened = self.state is CONNECTING
        self.state = CLOSED
        for watcher in (self._reader, self._writer, self._again):
            watcher.stop()
            watcher.close()
        self._socket.close()
        unsent = list(self._queue)
        self._queue.clear()
        self._owner.closed(self, error, unsent)

    def check_deadlines(self, now: float) -> None:
        """Close the connection when one of its times is up; `now` is monotonic."""
        limits = self._limits
        counters = self._counters
        if self.state is CONNECTING:
            if now - self.opened_at >= limits.connect_timeout:
                self.close(TimeoutError("it could not be connected in time"))
        elif self.state is DRAINING:
            if now >= self._drain_until:
                self.close(TimeoutError("it could not be drained in time"))
        elif self._blocked_since and now - self._blocked_since >= limits.send_timeout:
            counters.tcp_send_timeouts.add()
            self.close(TimeoutError("the peer takes nothing"))
        elif self._partial_since and now - self._partial_since >= limits.message_timeout:
            counters.tcp_message_timeouts.add()
            self.close(TimeoutError("a message did not arrive whole in time"))
        elif now - self.active_at >= limits.idle_timeout:
            counters.tcp_idle_timeouts.add()
            self.drain()

    def __str__(self) -> str:
        return f"{self.hop.transport}:{self.hop.host}:{self.hop.port}"

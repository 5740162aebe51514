"""What processes tell each other: one pair of Unix datagram sockets per process.

Made before the fork and never named, so there is nothing to attack, and what waits in a pair
survives the restart of its reader. A pair's sockets are connected to each other, therefore only the
sender's buffer limits how much may wait, not the kernel's small count of datagrams.

A message is one datagram. Where the reader is too slow, a datagram from the network is dropped and
counted, as any queue on its way would have done; everything else waits with a deadline.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from ser_core import log
from ser_core.modules.api import Counter
from ser_core.server.bus_messages import AnyMessage, Message, Piece, Received, decode, encode
from ser_core.server.pieces import MAX_JOINED, Joiner, cut
from ser_core.sip.hop import Hop

SO_SNDBUFFORCE = 32
"""Linux, for root: a send buffer above the system's limit. Python has no name for it."""
SEND_BUFFER = 4 << 20
"""Bytes that may wait for one process, if the system permits: some 3,000 handed-on messages."""
MAX_MESSAGE = 1 << 17
"""A 64 KiB datagram with its envelope fits well."""
DEADLINE = 2.0
"""Seconds that what must not be dropped may wait for its reader."""
MAX_WAITING = 1024
"""Messages that may wait for one process beyond what its socket holds."""
_MESSAGES_PER_TURN = 64
_READ = 1
_WRITE = 2


def _raise_send_buffer(sock: socket.socket) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


class Bus:
    """The sockets of all processes. The attendant keeps it, every process forked has a copy."""

    def __init__(self, processes: int) -> None:
        self._pairs = [
            socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            for _ in range(processes)
        ]
        for writing, _reading in self._pairs:
            _raise_send_buffer(writing)

    def __len__(self) -> int:
        return len(self._pairs)

    def reading_end(self, process: int) -> socket.socket:
        """What `process` reads."""
        return self._pairs[process][1]

    def writing_end(self, process: int) -> socket.socket:
        """What everybody writes to reach `process`."""
        return self._pairs[process][0]

    def post(self, process: int, message: AnyMessage) -> bool:
        """Send without waiting, from a process that has no hub; False when it was not taken."""
        return self.post_encoded(process, encode(message))

    def post_encoded(self, process: int, message: bytes) -> bool:
        """The same with a message that is encoded already."""
        try:
            self.writing_end(process).send(message)
        except OSError:
            return False
        return True

    def close(self) -> None:
        for pair in self._pairs:
            for end in pair:
                end.close()


class BusCounters:
    """What the bus carried and lost."""

    def __init__(self) -> None:
        self.handed_on = Counter("bus.handed_on", "messages given to the receiver they belong to")
        self.dropped = Counter("bus.dropped", "datagrams dropped because a receiver was too slow")
        self.expired = Counter("bus.expired", "messages given up after waiting for their reader")
        self.failures = Counter("bus.failures", "messages from the bus that could not be handled")

    def all(self) -> list[Counter]:
        """In a fixed order."""
        return list(vars(self).values())


class Loop(Protocol):
    """The part of gevent's event loop that the bus uses."""

    def io(self, fd: int, events: int) -> Any: ...  # Any: gevent's watchers have no public type
    def now(self) -> float: ...


Lost = Callable[[], None]
"""Called when a message is given up; maybe once for each piece of it."""


def _nobody_asks() -> None:
    """For what is only counted when it is lost."""


class _Outbox:
    """The way to one process, with what waits for it."""

    __slots__ = ("send", "waiting", "watcher")

    def __init__(self, sock: socket.socket, loop: Loop) -> None:
        self.send: Callable[[bytes], int] = sock.send
        self.waiting: deque[tuple[float, bytes, Lost]] = deque()
        self.watcher = loop.io(sock.fileno(), _WRITE)


class BusConnection:
    """One process's use of the bus, inside its hub."""

    def __init__(
        self,
        bus: Bus,
        process: int,
        loop: Loop,
        handlers: Mapping[type[Message], Callable[[Any], None]],
        counters: BusCounters,
        clock: Callable[[], float],
    ) -> None:
        """`handlers`: what to do with each kind of message; Any, as each takes its own kind."""
        self._process = process
        self._handlers = dict(handlers)
        self._handlers[Piece] = self._on_piece
        self._counters = counters
        self._clock = clock
        self._incoming = bus.reading_end(process)
        self._joiner = Joiner()
        self._reader = loop.io(self._incoming.fileno(), _READ)
        self._outboxes = [_Outbox(bus.writing_end(i), loop) for i in range(len(bus))]

    def start(self) -> None:
        """Begin to read; what waited is read first."""
        self._reader.start(self._read_turn)

    def close(self) -> None:
        """Stop; the sockets stay open for the next process that takes this place."""
        for watcher in (self._reader, *(x.watcher for x in self._outboxes)):
            watcher.stop()
            watcher.close()

    # Out

    def hand_on(self, process: int, data: bytes, source: Hop) -> None:
        """Give a message from the network to its owner; datagrams are dropped when it is slow."""
        message = encode(
            Received((source[0], source[1], source[2], source[3].index, source[4]), data)
        )
        outbox = self._outboxes[process]
        if source[0] == "udp":
            try:
                outbox.send(message)
            except OSError as error:
                self._dropped(process, error)
                return
            self._counters.handed_on.add()
        elif self._put(outbox, message):
            self._counters.handed_on.add()

    def _dropped(self, process: int, error: OSError) -> None:
        self._counters.dropped.add()
        log.limited(
            "bus-dropped", log.WARNING, "receiver %d is too slow, a datagram is lost: %s",
            process, error,
        )  # fmt: skip

    def send(self, process: int, message: AnyMessage, lost: Lost = _nobody_asks) -> bool:
        """Send what must arrive, waiting in the background for up to DEADLINE seconds.

        False when too much waits already, or the message is longer than MAX_JOINED; `lost` is
        called when it is given up later.
        """
        return self._send_encoded(process, encode(message), lost)

    def send_to_all(self, processes: Iterable[int], message: AnyMessage) -> None:
        """Send the same to several processes."""
        encoded = encode(message)
        for process in processes:
            self._send_encoded(process, encoded)

    def _send_encoded(self, process: int, encoded: bytes, lost: Lost = _nobody_asks) -> bool:
        outbox = self._outboxes[process]
        if len(encoded) <= MAX_MESSAGE:
            return self._put(outbox, encoded, lost)
        if len(encoded) > MAX_JOINED:
            self._counters.failures.add()
            log.error("a message of %d bytes is too long for the bus", len(encoded))
            return False
        return all(self._put(outbox, encode(x), lost) for x in cut(encoded, self._process))

    def _put(self, outbox: _Outbox, message: bytes, lost: Lost = _nobody_asks) -> bool:
        if not outbox.waiting and self._is_gone(outbox, message, lost):
            return True
        if len(outbox.waiting) >= MAX_WAITING:
            self._expired(1)
            return False
        if not outbox.waiting:
            outbox.watcher.start(self._flush, outbox)
        outbox.waiting.append((self._clock() + DEADLINE, message, lost))
        return True

    def _is_gone(self, outbox: _Outbox, message: bytes, lost: Lost) -> bool:
        """Try to send; False when it must wait. What can't be sent at all is counted and gone."""
        try:
            outbox.send(message)
        except BlockingIOError:
            return False
        except OSError as error:
            self._counters.failures.add()
            log.limited("bus-send", log.ERROR, "cannot write to the bus: %s", error)
            lost()
        return True

    def _flush(self, outbox: _Outbox) -> None:
        """Write what waits, oldest first; what is past its deadline is given up."""
        waiting = outbox.waiting
        now = self._clock()
        expired: list[Lost] = []
        while waiting:
            deadline, message, lost = waiting[0]
            if deadline < now:
                expired.append(lost)
            elif not self._is_gone(outbox, message, lost):
                break
            waiting.popleft()
        if not waiting:
            outbox.watcher.stop()
        if expired:
            self._expired(len(expired))
        for lost in expired:
            lost()

    def expire(self) -> None:
        """Give up what is past its deadline though its reader reads nothing; called each second."""
        for outbox in self._outboxes:
            if outbox.waiting:
                self._flush(outbox)

    def _expired(self, number: int) -> None:
        self._counters.expired.add(number)
        log.limited("bus-expired", log.WARNING, "%d messages to a slow process are lost", number)

    # In

    def _read_turn(self) -> None:
        receive = self._incoming.recv
        for _ in range(_MESSAGES_PER_TURN):
            try:
                data = receive(MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError as error:
                self._counters.failures.add()
                log.limited("bus-read", log.ERROR, "cannot read the bus: %s", error)
                return
            try:
                message = decode(data)
                self._handlers[type(message)](message)
            except Exception:  # noqa: BLE001  # the guard of one message
                self._counters.failures.add()
                log.exception("a message from another process could not be handled")

    def _on_piece(self, piece: Piece) -> None:
        whole = self._joiner.add(piece)
        if whole is not None:
            message = decode(whole)
            self._handlers[type(message)](message)

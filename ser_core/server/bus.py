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
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from ser_core import log
from ser_core.modules.api import Counter
from ser_core.sip.hop import Hop, Listener

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

Peer = tuple[str, str, int, int, int]
"""A hop as it travels: transport, host, port, index of our listener, connection."""


class Message(msgspec.Struct, array_like=True, gc=False):
    """Base of what travels on the bus."""


class Received(Message, tag=0):
    """A message from the network, handed on to the receiver that owns its Call-ID."""

    peer: Peer
    data: bytes


class WriteOut(Message, tag=1):
    """Bytes to write on a TCP connection of the reader."""

    peer: Peer
    data: bytes
    fallback: Peer | None = None
    """Where to send them once the connection is gone (RFC 3261 §18.2.2)."""


class ConnectionOpened(Message, tag=2):
    """The sender now holds a connection to a peer."""

    peer: Peer


class ConnectionClosed(Message, tag=3):
    """The sender has lost a connection to a peer."""

    peer: Peer


class ReceiverEnded(Message, tag=4):
    """A receiver has died, and its connections with it."""

    receiver: int


class ReceiverStarted(Message, tag=5):
    """A receiver has begun, and knows of nobody's connections."""

    receiver: int


AnyMessage = (
    Received | WriteOut | ConnectionOpened | ConnectionClosed | ReceiverEnded | ReceiverStarted
)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(AnyMessage).decode


def peer_of(hop: Hop) -> Peer:
    """`hop` in the form that travels."""
    return (hop.transport, hop.host, hop.port, hop.listener.index, hop.connection)


def hop_of(peer: Peer, listeners: list[Listener]) -> Hop:
    """The hop that a peer stands for; IndexError when there is no such listener."""
    transport, host, port, index, connection = peer
    return Hop(transport, host, port, listeners[index], connection)  # type: ignore[arg-type]  # sent by peer_of


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
        try:
            self.writing_end(process).send(_encode(message))
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


class _Outbox:
    """The way to one process, with what waits for it."""

    __slots__ = ("send", "waiting", "watcher")

    def __init__(self, sock: socket.socket, loop: Loop) -> None:
        self.send: Callable[[bytes], int] = sock.send
        self.waiting: deque[tuple[float, bytes]] = deque()
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
        self._handlers = handlers
        self._counters = counters
        self._clock = clock
        self._incoming = bus.reading_end(process)
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
        message = _encode(
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

    def send(self, process: int, message: AnyMessage) -> bool:
        """Send what must arrive, waiting in the background for up to DEADLINE seconds.

        False when too much waits already.
        """
        return self._put(self._outboxes[process], _encode(message))

    def send_to_others(self, message: AnyMessage) -> None:
        """Send to every other process."""
        encoded = _encode(message)
        for process, outbox in enumerate(self._outboxes):
            if process != self._process:
                self._put(outbox, encoded)

    def _put(self, outbox: _Outbox, message: bytes) -> bool:
        if not outbox.waiting and self._is_gone(outbox, message):
            return True
        if len(outbox.waiting) >= MAX_WAITING:
            self._expired(1)
            return False
        if not outbox.waiting:
            outbox.watcher.start(self._flush, outbox)
        outbox.waiting.append((self._clock() + DEADLINE, message))
        return True

    def _is_gone(self, outbox: _Outbox, message: bytes) -> bool:
        """Try to send; False when it must wait. What can't be sent at all is counted and gone."""
        try:
            outbox.send(message)
        except BlockingIOError:
            return False
        except OSError as error:
            self._counters.failures.add()
            log.limited("bus-send", log.ERROR, "cannot write to the bus: %s", error)
        return True

    def _flush(self, outbox: _Outbox) -> None:
        """Write what waits, oldest first; what is past its deadline is given up."""
        waiting = outbox.waiting
        now = self._clock()
        expired = 0
        while waiting:
            deadline, message = waiting[0]
            if deadline < now:
                expired += 1
            elif not self._is_gone(outbox, message):
                break
            waiting.popleft()
        if expired:
            self._expired(expired)
        if not waiting:
            outbox.watcher.stop()

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
                message = _decode(data)
                self._handlers[type(message)](message)
            except Exception:  # noqa: BLE001  # the guard of one message
                self._counters.failures.add()
                log.exception("a message from another process could not be handled")

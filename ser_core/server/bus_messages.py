"""The kinds of messages that processes send each other over the bus, to and from bytes."""

from __future__ import annotations

import msgspec

from ser_core.sip.hop import Hop, Listener

Peer = tuple[str, str, int, int, int]
"""A hop as it travels: transport, host, port, index of our listener, connection."""

Arguments = list[bytes | list[bytes]]
"""Those of a FIFO command, as it declares them."""


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
    """A receiver has died, with its connections and the commands that it was running."""

    receiver: int
    pid: int = 0


class ReceiverStarted(Message, tag=5):
    """A receiver has begun, and knows of nobody's connections."""

    receiver: int


class Command(Message, tag=6):
    """A FIFO command for a receiver."""

    id: int
    pid: int
    """Whom it is meant for: whoever asked has given it up when that process has died."""
    name: str
    arguments: Arguments


class CommandReply(Message, tag=7):
    """What a receiver answers to a `Command`."""

    id: int
    code: int
    text: bytes
    """Bytes, since it may quote some that are no UTF-8."""
    body: bytes


class LogLine(Message, tag=8):
    """A line of the log, for the ring that log_tail reads."""

    time: float
    level: int
    process: str
    pid: int
    call_id: str
    text: str


class Piece(Message, tag=9):
    """A part of the bytes of a message that is too long for one datagram."""

    sender: int
    number: int
    is_last: bool
    data: bytes


class ConnectionsTold(Message, tag=10):
    """The sender has told a newcomer of all its connections."""

    receiver: int


class PrepareScript(Message, tag=11):
    """Another ser.cfg: make it ready, and say whether it is. It was found good by the sender."""

    number: int
    """Of the reload."""
    pid: int
    """Whom it is meant for."""
    text: bytes
    addresses: dict[str, list[str]]
    """Of the host names in its conditions, so that all processes have the same."""
    counters: list[str]
    """All that have cells, in the order of these; some may be new."""
    aliases: list[tuple[str, str, int]]


class SwitchScript(Message, tag=12):
    """All have made it ready: let it take effect."""

    number: int
    pid: int
    loaded_at: float
    """Unix seconds."""


class ForgetScript(Message, tag=13):
    """Somebody could not make it ready: let all be as it was."""

    number: int
    pid: int


class ReloadReply(Message, tag=14):
    """What the attendant answers to whoever asked for a reload."""

    id: int
    code: int
    text: str
    body: bytes


AnyMessage = (
    Received
    | WriteOut
    | ConnectionOpened
    | ConnectionClosed
    | ReceiverEnded
    | ReceiverStarted
    | Command
    | CommandReply
    | LogLine
    | Piece
    | ConnectionsTold
    | PrepareScript
    | SwitchScript
    | ForgetScript
    | ReloadReply
)

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(AnyMessage).decode


def peer_of(hop: Hop) -> Peer:
    """`hop` in the form that travels."""
    return (hop.transport, hop.host, hop.port, hop.listener.index, hop.connection)


def hop_of(peer: Peer, listeners: list[Listener]) -> Hop:
    """The hop that a peer stands for; IndexError when there is no such listener."""
    transport, host, port, index, connection = peer
    return Hop(transport, host, port, listeners[index], connection)  # type: ignore[arg-type]  # sent by peer_of

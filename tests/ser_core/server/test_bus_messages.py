"""What travels on the bus is the same at the other end."""

from __future__ import annotations

import msgspec
import pytest

from ser_core.server.bus_messages import (
    AnyMessage,
    Command,
    CommandReply,
    LogLine,
    ReceiverEnded,
    decode,
    encode,
    hop_of,
    peer_of,
)
from ser_core.sip.hop import Hop, Listener

LISTENERS = [Listener("udp", "127.0.0.1", 5060), Listener("tcp", "::1", 5070, index=1)]


@pytest.mark.parametrize(
    "message",
    [
        Command(1 << 52, 4711, "t_reply", [b"480", [b"\xff", b""], b""]),
        CommandReply(1 << 52, 200, b"no \xff", b"body\n"),
        LogLine(1.5, -3, "receiver 0", 4711, "call-id", "größe"),
        ReceiverEnded(3, 4711),
    ],
)
def test_a_message_is_the_same_after_the_way(message: AnyMessage) -> None:
    assert decode(encode(message)) == message


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b"not a message")


def test_a_hop_is_the_same_after_the_way() -> None:
    hop = Hop("tcp", "2001:db8::9", 40000, LISTENERS[1], 1 << 40 | 7)
    assert hop_of(peer_of(hop), LISTENERS) == hop
    with pytest.raises(IndexError):
        hop_of(peer_of(hop), LISTENERS[:1])

"""Messages that are too long for one datagram of the bus: cut by the sender, joined by the reader.

The reply to t_hash is such a one. Pieces of one sender arrive in order; those of several senders
mix.
"""

from __future__ import annotations

from collections.abc import Iterator

from ser_core.server.bus_messages import Piece

PIECE_SIZE = 1 << 16
MAX_JOINED = 16 << 20
"""Bytes of a message that is sent in pieces. A reader collects no more."""


def cut(data: bytes, sender: int) -> Iterator[Piece]:
    """The pieces of `data`, in the order to send them."""
    starts = range(0, len(data), PIECE_SIZE)
    for number, start in enumerate(starts):
        yield Piece(sender, number, start == starts[-1], data[start : start + PIECE_SIZE])


class Joiner:
    """Collects pieces until a message is whole."""

    def __init__(self) -> None:
        self._parts: dict[int, list[bytes]] = {}
        """By sender, what has come of its message so far."""

    def add(self, piece: Piece) -> bytes | None:
        """The whole message, once its last piece has come.

        A message that lacks a piece, because it waited too long or its sender died, is lost.
        Raises ValueError for a piece that continues nothing, or makes the message too long.
        """
        if piece.number == 0:
            self._parts[piece.sender] = []
        parts = self._parts.get(piece.sender)
        if parts is None or len(parts) != piece.number:
            self._parts.pop(piece.sender, None)
            raise ValueError(f"piece {piece.number} of process {piece.sender} continues nothing")
        if sum(map(len, parts)) + len(piece.data) > MAX_JOINED:
            del self._parts[piece.sender]
            raise ValueError(f"a message of process {piece.sender} is too long")
        parts.append(piece.data)
        if not piece.is_last:
            return None
        del self._parts[piece.sender]
        return b"".join(parts)

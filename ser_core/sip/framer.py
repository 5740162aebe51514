"""A byte stream to messages (RFC 3261 §18.3, RFC 5626 §3.5.1): bytes in, whole messages out.

What has been searched is never searched again, so that a peer who sends byte by byte costs as much
as one who sends all at once.
"""

from __future__ import annotations

import enum
import re
from typing import Final, Literal

from ser_core.errors import ParseError
from ser_core.sip.headers import parse_uint

MAX_MESSAGE: Final = 65536
MAX_HEAD: Final = 32768


class KeepAlive(enum.Enum):
    """What a stream carries besides messages."""

    PING = "ping"
    """CRLF CRLF: to be answered with one CRLF (RFC 5626 §4.4.1)."""


PING: Final = KeepAlive.PING

# Values may be folded, and the compact form is as good as the full one. "\n" first: that is what
# the search looks for, so each line costs one comparison.
_CONTENT_LENGTH = re.compile(
    rb"\n(?:[lL]|[cC][oO][nN][tT][eE][nN][tT]-[lL][eE][nN][gG][tT][hH])[ \t]*+:"
    rb"([^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*)"
)
_BEGINS_LINE = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~"
)


class StreamFramer:
    """Cuts the bytes of one connection into messages.

    Call `feed` with what was read, then `next_message` until it gives None. After a ParseError the
    stream can't be followed any more: answer, if `rejected` can be read, and close.
    """

    __slots__ = ("_buffer", "_max_head", "_max_message", "_needed", "_searched", "rejected")

    def __init__(self, max_message: int = MAX_MESSAGE, max_head: int = MAX_HEAD) -> None:
        self._buffer = bytearray()
        self._max_message = max_message
        self._max_head = max_head
        self._needed = 0  # length of the message at the front once its head has been read, else 0
        self._searched = 0  # no empty line begins before this offset
        self.rejected = b""
        """The head of the message that couldn't be framed, to build a response from."""

    def feed(self, data: bytes) -> None:
        """Take in what was read from the connection."""
        self._buffer += data

    @property
    def has_partial(self) -> bool:
        """True while part of a message waits for the rest; blank lines don't count."""
        buffer = self._buffer
        return bool(buffer) and (len(buffer) > 3 or bool(buffer.strip(b"\r\n")))

    def next_message(self) -> bytes | Literal[KeepAlive.PING] | None:
        """The next whole message, PING when a keep-alive was seen, None when bytes are missing.

        Raises ParseError: 513 when the message is too large, else 400.
        """
        buffer = self._buffer
        needed = self._needed
        if not needed:
            if not buffer:
                return None
            if buffer[0] in b"\r\n":
                if self._skip_blank_lines():
                    return PING
                if not buffer or buffer[0] in b"\r\n":
                    return None
            needed = self._length_of_first()
            if not needed:
                return None
            self._needed = needed
        if len(buffer) < needed:
            return None
        message = bytes(buffer[:needed])
        del buffer[:needed]
        self._needed = self._searched = 0
        return message

    def _skip_blank_lines(self) -> bool:
        """Drop line ends before a message (§7.5); True when they make a keep-alive.

        A row of keep-alives is one: who sends thousands gets one answer. One CRLF alone at the end
        is kept: it is a pong, or the first half of a ping.
        """
        buffer = self._buffer
        length = len(buffer)
        end = 0
        while end < length and buffer[end] in b"\r\n":
            end += 1
        is_ping = buffer.find(b"\r\n\r\n", 0, end) >= 0
        if end < length or is_ping:
            del buffer[:end]
        elif end > 3:
            del buffer[: end - 3]
        return is_ping

    def _length_of_first(self) -> int:
        """Length of the message at the front, 0 while its head isn't whole."""
        buffer = self._buffer
        if buffer[0] not in _BEGINS_LINE:
            raise ParseError("a message doesn't begin with a method or a version")
        head_end = self._end_of_head()
        if not head_end:
            if len(buffer) > self._max_head:
                raise ParseError("the head of a message is too large", 513)
            return 0
        head = bytes(buffer[:head_end])
        try:
            if head_end > self._max_head:
                raise ParseError("the head of a message is too large", 513)
            needed = head_end + content_length(head)
            if needed > self._max_message:
                raise ParseError("the message is too large", 513)
        except ParseError:
            self.rejected = head
            raise
        return needed

    def _end_of_head(self) -> int:
        """Offset behind the first empty line, 0 when there is none yet."""
        buffer = self._buffer
        start = self._searched
        crlf = buffer.find(b"\n\r\n", start)
        bare = buffer.find(b"\n\n", start, crlf + 1 if crlf >= 0 else len(buffer))
        if bare >= 0:
            return bare + 2
        if crlf >= 0:
            return crlf + 3
        self._searched = max(0, len(buffer) - 2)
        return 0


def content_length(head: bytes) -> int:
    """The Content-Length in the head of a message. Raises ParseError unless it has one value.

    Repeated headers with the same value can be framed; whether the message is one is for the
    parser to say.
    """
    values = {value.strip() for value in _CONTENT_LENGTH.findall(head)}
    if not values:
        raise ParseError("no Content-Length on a stream")
    if len(values) > 1:
        raise ParseError("several values of Content-Length")
    return parse_uint(values.pop(), 1 << 31)

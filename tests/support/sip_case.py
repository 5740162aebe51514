"""A message on the wire and what a proxy owes it: the form that all corpora share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from ser_core.errors import ParseError

Owed = int | Literal["forward", "drop"]


@dataclass(frozen=True, slots=True)
class Case:
    """One message. The name is the one that its RFC gives it, if an RFC does."""

    name: str
    section: str
    """Where it is described."""
    about: str
    """What is special about it."""
    data: bytes
    owed: Owed
    """What a proxy (for REGISTER: a registrar) does with it. "forward": pass it on, or accept it; a
    response only when it belongs to a transaction. A number: answer with that status. "drop":
    neither."""
    reads: bool = True
    """False when reading it must end in ParseError: with the owed status and a request to answer,
    or without one when it is owed nothing."""

    def __str__(self) -> str:
        return self.name


Value = TypeVar("Value")


def outcome(read: Callable[[bytes], Value], data: bytes) -> Value | ParseError:
    """What `read` makes of `data`, or the ParseError that it raises. Any other exception passes."""
    try:
        return read(data)
    except ParseError as error:
        return error


def lines(*parts: bytes, body: bytes = b"") -> bytes:
    """Start line and headers, each closed with CRLF, then the empty line and the body."""
    return b"".join(part + b"\r\n" for part in parts) + b"\r\n" + body


SDP = (
    b"v=0\r\n"
    b"o=tester 29739 7272939 IN IP4 192.0.2.3\r\n"
    b"s=-\r\n"
    b"c=IN IP4 192.0.2.4\r\n"
    b"t=0 0\r\n"
    b"m=audio 49217 RTP/AVP 0 12\r\n"
    b"m=video 3227 RTP/AVP 31\r\n"
    b"a=rtpmap:31 LPC\r\n"
)
SDP_HEADERS = (b"Content-Type: application/sdp", b"Content-Length: %d" % len(SDP))

"""Reading SIP messages in tests: plainly, and sharing nothing with `ser_core`."""

from __future__ import annotations

import socket
from dataclasses import dataclass

COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "k": "supported",
}
"""Compact header names that our own tests and programs use."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has arrived."""

    raw: bytes
    first_line: str
    fields: tuple[tuple[str, str], ...]
    """Header name in lower case, value; one entry per line."""
    body: bytes
    connection: socket.socket | None
    """Over TCP: where it came from."""
    source: tuple[str, int]

    @property
    def is_request(self) -> bool:
        return not self.first_line.startswith("SIP/2.0 ")

    @property
    def method(self) -> str:
        return self.first_line.split(" ")[0]

    @property
    def uri(self) -> str:
        """The Request-URI."""
        return self.first_line.split(" ")[1]

    @property
    def status(self) -> int:
        return int(self.first_line.split(" ")[1])

    @property
    def reason(self) -> str:
        return self.first_line.split(" ", 2)[2]

    def header(self, name: str) -> str:
        """The first value; empty when there is none."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        """All lines of that name."""
        return [value for field, value in self.fields if field == name.lower()]

    def values(self, name: str) -> list[str]:
        """All values, lines with commas taken apart (no quoted commas, please)."""
        return [part.strip() for line in self.headers(name) for part in line.split(",")]

    @property
    def to_tag(self) -> str:
        return tag_of(self.header("to"))

    @property
    def cseq_method(self) -> str:
        return self.header("cseq").split()[-1]


def tag_of(address: str) -> str:
    """The tag of a From or To value; empty when there is none."""
    _, _, after = address.partition(";tag=")
    return after.split(";")[0]


def read_message(
    data: bytes, source: tuple[str, int], connection: socket.socket | None = None
) -> Message:
    """Take a message apart at its line ends."""
    head, _, body = data.partition(b"\r\n\r\n")
    first_line, *lines = head.decode(errors="surrogateescape").replace("\r\n ", " ").split("\r\n")
    fields = []
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        fields.append((COMPACT.get(name, name), value.strip()))
    return Message(data, first_line, tuple(fields), body, connection, source)


def first_message(data: bytes) -> int | None:
    """Length of the first whole message in a stream; None when it isn't whole yet."""
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    length = int(read_message(data[: head_end + 4], ("", 0)).header("content-length") or 0)
    size = head_end + 4 + length
    return size if len(data) >= size else None

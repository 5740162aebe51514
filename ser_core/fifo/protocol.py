"""Requests and replies of SER's FIFO, to and from bytes. No I/O, no clock.

:COMMAND:REPLYNAME\\n         the reply goes to the FIFO of that name beside the request's
argument\\n                   as many as the command takes
\\n                           ends the request

CODE TEXT\\n                  the reply
body line\\n                  any number
                             end of file

This file has what both sides need and what a client writes; `requests.py` reads requests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ser_core.errors import SerError

BLANKS = b"\r\n \t"
"""SER strips these from the right of every line it reads."""
END = b"."
"""The line that ends headers and bodies."""

_STATUS = re.compile(rb"(\d{3})(?!\d) ?([^\n]*)(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command answers."""

    code: int = 200
    text: str = "ok"
    body: bytes = b""
    """Whole lines."""

    def to_bytes(self) -> bytes:
        """As it goes over the wire; SER left out the last newline at times, we never do."""
        end = b"" if not self.body or self.body.endswith(b"\n") else b"\n"
        return b"%d %s\n%s%s" % (self.code, _to_bytes(self.text), self.body, end)

    @property
    def is_ok(self) -> bool:
        return 200 <= self.code < 300


class FifoError(SerError):
    """A command can't do what was asked; becomes the reply `CODE TEXT`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text

    def reply(self) -> Reply:
        """What the asker gets."""
        return Reply(self.code, self.text)


@dataclass(frozen=True, slots=True)
class HeaderLines:
    """Header lines as an argument of `encode_request`."""

    lines: Sequence[str | bytes] = ()


@dataclass(frozen=True, slots=True)
class BodyLines:
    """The lines of a body as an argument of `encode_request`."""

    lines: Sequence[str | bytes] = ()


Sendable = str | bytes | HeaderLines | BodyLines
"""What a client may send as an argument; a string is a line."""


def parse_reply(data: bytes) -> Reply:
    """All that came through a reply pipe. Raises ValueError when it isn't a reply.

    Only the digits are matched: some of SER's replies say `400: TEXT`, some end without a newline.
    """
    found = _STATUS.match(data)
    if found is None:
        raise ValueError(f"not a reply: {data[:60]!r}" if data else "an empty reply")
    text = found[2].decode("utf-8", "surrogateescape")
    return Reply(int(found[1]), text, data[found.end() :])


def encode_request(command: str, reply_name: str, arguments: Sequence[Sendable] = ()) -> bytes:
    """A whole request, with the empty line at its end.

    Raises ValueError for what can't be said: SER has no way to write a newline inside a line, or
    a line of a body that is a dot.
    """
    if not re.fullmatch(r"[^:\s]+", command):
        raise ValueError(f"{command!r} can't be the name of a command")
    if refusal := why_forbidden(reply_name.encode("utf-8", "surrogateescape")):
        raise ValueError(refusal)
    parts = [_to_bytes(f":{command}:{reply_name}\n")]
    parts += [_encoded(argument) for argument in arguments]
    return b"".join((*parts, b"\n"))


def why_forbidden(reply_name: bytes) -> str:
    """What is wrong with the name of a reply pipe: it must stay inside its directory."""
    if re.search(rb"[./\\\x00-\x1f\x7f]", reply_name) or len(reply_name) > _LONGEST_NAME:
        return f"forbidden filename: {shown(reply_name)}"
    return ""


_LONGEST_NAME = 255  # NAME_MAX


def shown(text: bytes, limit: int = 100) -> str:
    """Foreign bytes for a log line or a reply: no control bytes, and not without end."""
    cut = text[:limit].decode("utf-8", "backslashreplace")
    printable = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in cut)
    return printable + ("..." if len(text) > limit else "")


def _encoded(argument: Sendable) -> bytes:
    if isinstance(argument, HeaderLines):
        return _lines(argument.lines, ends=(b"", END), what="a header line")
    if isinstance(argument, BodyLines):
        return _lines(argument.lines, ends=(END,), what="a line of a body")
    return _line(argument)


def _lines(lines: Sequence[str | bytes], ends: tuple[bytes, ...], what: str) -> bytes:
    encoded = [_line(each) for each in lines]
    for line in encoded:
        if line.rstrip(BLANKS) in ends:
            kind = "a single dot" if line.strip() else "empty"
            raise ValueError(f"{what} can't be {kind}: it would end the argument")
    return b"".join((*encoded, END, b"\n"))


def _line(text: str | bytes) -> bytes:
    line = _to_bytes(text)
    if b"\n" in line:
        raise ValueError(f"an argument of one line can't have a newline: {shown(line)}")
    return line + b"\n"


def _to_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")

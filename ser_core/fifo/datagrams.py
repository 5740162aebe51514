"""Requests of the Unix socket: the text of a FIFO request, one in each datagram. No I/O.

The end of the datagram does what the empty line does in the FIFO, and the reply goes back to the
sender, whatever name stands behind the second colon. Where SER's texts differ between the two, so
do ours (section 9 of the reference).
"""

from __future__ import annotations

from ser_core.fifo.arguments import ArgumentReader
from ser_core.fifo.declarations import Shape
from ser_core.fifo.protocol import BLANKS, Reply, shown
from ser_core.fifo.requests import ArgumentsOf, BadRequest, Request

_MALFORMED = "First line malformed"
_INCOMPLETE = "request incomplete"


def read_datagram(data: bytes, arguments_of: ArgumentsOf) -> Request | BadRequest:
    """The request of a datagram; the reply of a BadRequest goes to the sender."""
    first, *rest = [line.rstrip(BLANKS) for line in data.split(b"\n")]
    start, _, behind = first.partition(b":")
    name, colon, _ = behind.partition(b":")
    if start or not colon or not name:
        return _bad(400, _MALFORMED)
    command = name.decode("utf-8", "surrogateescape").lower()
    declared = arguments_of(command)
    if declared is None:
        return _bad(500, f"Command {shown(name)} not found")
    arguments = ArgumentReader(declared)
    _read(arguments, rest)
    if arguments.refusal:
        return _bad(400, arguments.refusal)
    if not arguments.is_complete:
        return _bad(400, arguments.expected.missing or _INCOMPLETE)
    return Request(command, "", arguments.values)


def _read(arguments: ArgumentReader, lines: list[bytes]) -> None:
    for line in lines:
        if arguments.is_complete:
            return
        arguments.take(line)
    while not arguments.is_complete and arguments.expected.shape in (Shape.LINE, Shape.REST):
        arguments.take(b"")


def _bad(code: int, text: str) -> BadRequest:
    return BadRequest("", Reply(code, text), text)

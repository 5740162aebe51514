"""A SIP request as text, the way it stands in a file, and its parts. No I/O.

    MESSAGE sip:joe@example.com SIP/2.0
    From: <sip:daemon@example.com>
    To: <sip:joe@example.com>
    Content-Type: text/plain

    Come here, please

Lines may end in LF or CRLF. Lines above the request line that begin with `#` are comments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

COMPACT = {"f": "from", "t": "to", "i": "call-id", "m": "contact", "c": "content-type",
           "l": "content-length", "v": "via", "o": "event", "u": "allow-events"}  # fmt: skip
"""Compact header names (RFC 3261 §7.3.3, RFC 6665 §8.2) of what is looked for here."""

SET_BY_SER = ("via", "content-length")
"""ser writes these itself; a request from a trace still has them."""


class NotARequest(ValueError):
    """The text can't be read as a SIP request; the message says which line, and why."""


@dataclass(frozen=True, slots=True)
class SipRequest:
    """What shall be sent."""

    method: str
    uri: str
    headers: tuple[tuple[str, str], ...] = ()
    """Name and value, in order."""
    body: tuple[str, ...] = ()
    """Its lines, each of which ends in CRLF when it is sent."""
    next_hop: str = ""
    """Where to send it when not to `uri`."""

    def header(self, name: str) -> str | None:
        """The first value; None when there is none. `name` in lower case."""
        return next((value for given, value in self.headers if plain_name(given) == name), None)

    def header_lines(self) -> list[str]:
        """As they are sent."""
        return [f"{name}: {value}" for name, value in self.headers]

    def to_text(self) -> str:
        """As it would stand in a file."""
        head = [f"{self.method} {self.uri} SIP/2.0", *self.header_lines(), ""]
        return "".join(f"{line}\n" for line in (*head, *self.body))

    def replaced(self, headers: Sequence[tuple[str, str]]) -> SipRequest:
        """With these headers in place of all of the same names; one without value takes it out.

        A header given twice stands there twice. New ones come last.
        """
        given = {plain_name(name) for name, _ in headers}
        kept = [(name, value) for name, value in self.headers if plain_name(name) not in given]
        added = [(name, value) for name, value in headers if value]
        return dataclasses.replace(self, headers=(*kept, *added))

    def completed(self, headers: Iterable[tuple[str, str]]) -> SipRequest:
        """With those of these headers that it lacks."""
        lacking = [(name, value) for name, value in headers if self.header(name.lower()) is None]
        return dataclasses.replace(self, headers=(*self.headers, *lacking))

    def without_ours(self) -> tuple[SipRequest, list[str]]:
        """Without what ser sets itself; the names that have been left out."""
        left_out = [name for name, _ in self.headers if plain_name(name) in SET_BY_SER]
        return self.replaced([(name, "") for name in left_out]), left_out


def plain_name(name: str) -> str:
    """A header's name in lower case and in full."""
    return COMPACT.get(name.lower(), name.lower())


def read_header(line: str) -> tuple[str, str]:
    """`Name: value` taken apart. Raises NotARequest."""
    name, colon, value = line.partition(":")
    if not colon or len(name.split()) != 1:
        raise NotARequest(f"{line!r} is no header: a header is written NAME: VALUE")
    return name.strip(), value.strip()


def read_request(text: str) -> SipRequest:
    """Read the text of a whole request. Raises NotARequest."""
    lines = text.replace("\r\n", "\n").split("\n")
    start = next((n for n, line in enumerate(lines) if line and not line.startswith("#")), None)
    if start is None:
        raise NotARequest("there is no request in it: it begins with METHOD URI SIP/2.0")
    method, uri = _read_request_line(lines[start], start + 1)
    end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    headers = tuple(_read_headers(lines[start + 1 : end], start + 2))
    return SipRequest(method, uri, headers, body_lines("\n".join(lines[end + 1 :])))


def _read_request_line(line: str, number: int) -> tuple[str, str]:
    words = line.split()
    if len(words) != 3 or words[2].upper() != "SIP/2.0":
        raise NotARequest(f"line {number}: {line!r} is no request line: METHOD URI SIP/2.0")
    return words[0], words[1]


def _read_headers(lines: list[str], number: int) -> list[tuple[str, str]]:
    """Unfolds those that go on in the next line (RFC 3261 §7.3.1)."""
    headers: list[tuple[str, str]] = []
    for offset, line in enumerate(lines):
        if line[0] in " \t" and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {line.strip()}")
            continue
        try:
            headers.append(read_header(line))
        except NotARequest as error:
            raise NotARequest(f"line {number + offset}: {error}") from None
    return headers


def body_lines(text: str) -> tuple[str, ...]:
    """The lines of a body; the newline at its end isn't an empty line more."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return tuple(lines)

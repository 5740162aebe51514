"""SIP messages: lazy and lossless (RFC 3261 §7).

A message keeps the bytes it was read from and an index of where its header fields stand. A header
is parsed when somebody asks for it. Edits are recorded against the original bytes and joined once,
in `to_bytes`, so that every byte nobody touched leaves as it came (§16.3, §16.6). What a script
reads is therefore always the message as it was received, whatever it has added or removed.
"""

from __future__ import annotations

from operator import itemgetter

from ser_core.errors import ParseError
from ser_core.sip.address import parse_address, uri_and_tag
from ser_core.sip.names import CALL_ID, CONTENT_LENGTH, FROM, TO, VIA
from ser_core.sip.via import Via, parse_via, split_first

Field = tuple[bytes, int, int, int, bytes]
"""(canonical name, start of the line, start of the value, end of the line with its terminator,
value without the blanks round it; folded lines stay folded inside)."""

Edit = tuple[int, int, bytes]
"""(start, end, new bytes) against the original buffer; start == end inserts."""


_place = itemgetter(0, 1)
"""Edits in order; what is inserted at a place comes before what replaces the bytes there."""


def _without_overlaps(edits: list[Edit]) -> list[Edit]:
    """Edits in order, without those that begin inside an earlier one."""
    kept: list[Edit] = []
    position = 0
    for edit in edits:
        if edit[0] >= position:
            kept.append(edit)
            position = edit[1]
    return kept


class Message:
    """What requests and responses share. Made by `ser_core.sip.parser.parse_message`."""

    __slots__ = (
        "_from",
        "_to",
        "_via",
        "body_start",
        "buffer",
        "cseq_method",
        "cseq_number",
        "edits",
        "fields",
        "first_fields",
        "first_header_position",
    )

    def __init__(
        self,
        buffer: bytes,
        fields: list[Field],
        first_fields: dict[bytes, Field],
        first_header_position: int,
        body_start: int,
    ) -> None:
        self.buffer = buffer
        self.fields = fields
        self.first_fields = first_fields
        self.first_header_position = first_header_position
        self.body_start = body_start
        self.cseq_number = 0
        self.cseq_method = b""
        self.edits: list[Edit] = []
        self._via: Via | None = None
        self._from: tuple[bytes, bytes] | None = None
        self._to: tuple[bytes, bytes] | None = None

    # -- reading ---------------------------------------------------------------------------------

    def first(self, name: bytes) -> Field | None:
        """The first header field of that canonical name."""
        return self.first_fields.get(name)

    def all(self, name: bytes) -> list[Field]:
        """All header fields of that canonical name, in order."""
        if self.stand_once:
            field = self.first_fields.get(name)
            return [] if field is None else [field]
        return [field for field in self.fields if field[0] == name]

    @property
    def stand_once(self) -> bool:
        """True when no header is repeated."""
        return len(self.fields) == len(self.first_fields)

    def header(self, name: bytes) -> bytes | None:
        """The first value of that canonical name, or None."""
        field = self.first_fields.get(name)
        return None if field is None else field[4]

    def headers(self, name: bytes) -> list[bytes]:
        """All values of that canonical name."""
        return [field[4] for field in self.all(name)]

    @property
    def length(self) -> int:
        """Bytes received, as `msg:len` counts them."""
        return len(self.buffer)

    @property
    def body(self) -> bytes:
        return self.buffer[self.body_start :]

    @property
    def via(self) -> Via:
        """The topmost Via. Raises ParseError when there is none or it can't be read."""
        via = self._via
        if via is None:
            value = self.header(VIA)
            if value is None:
                raise ParseError("no Via header")
            if b"," in value:
                value = value[: split_first(value)].rstrip()
            via = self._via = parse_via(value)
        return via

    @property
    def call_id(self) -> bytes:
        """The Call-ID; empty when the header is missing."""
        return self.header(CALL_ID) or b""

    @property
    def from_tag(self) -> bytes:
        """The tag of From; empty when there is none."""
        found = self._from
        if found is None:
            found = self._from = uri_and_tag(self.header(FROM) or b"")
        return found[1]

    @property
    def to_tag(self) -> bytes:
        """The tag of To; empty when there is none."""
        found = self._to
        if found is None:
            found = self._to = uri_and_tag(self.header(TO) or b"")
        return found[1]

    @property
    def from_uri(self) -> bytes:
        """The URI in From, without angle brackets. Raises ParseError."""
        return self._uri_in(FROM) if self._from is None else self._from[0]

    @property
    def to_uri(self) -> bytes:
        """The URI in To, without angle brackets. Raises ParseError."""
        return self._uri_in(TO) if self._to is None else self._to[0]

    def _uri_in(self, name: bytes) -> bytes:
        value = self.header(name)
        if value is None:
            raise ParseError(f"no {name.decode()} header")
        return parse_address(value).uri

    # -- editing ---------------------------------------------------------------------------------

    def insert(self, position: int, data: bytes) -> None:
        """Put `data` in front of the original byte at `position`; earlier insertions come first."""
        self.edits.append((position, position, data))

    def delete(self, start: int, end: int) -> None:
        """Leave out the original bytes from `start` to `end`."""
        self.edits.append((start, end, b""))

    def replace(self, start: int, end: int, data: bytes) -> None:
        """Put `data` in the place of the original bytes from `start` to `end`."""
        self.edits.append((start, end, data))

    def remove_field(self, field: Field) -> None:
        """Leave out a whole header line."""
        self.edits.append((field[1], field[3], b""))

    def append_header(self, line: bytes) -> None:
        """Add a header, CRLF included, behind the last one."""
        end = self.fields[-1][3] if self.fields else self.first_header_position
        self.edits.append((end, end, line))

    def to_bytes(self, extra: list[Edit] | None = None) -> bytes:
        """The message with all edits, and with `extra` ones that hold for this copy only.

        Where edits overlap, the one that starts first wins and the other is left out. When the
        body was edited, Content-Length is set right.
        """
        edits = self.edits + extra if extra else self.edits
        if not edits:
            return self.buffer
        if len(edits) > 1:
            edits = sorted(edits, key=_place)
        if edits[-1][1] >= self.body_start:
            edits = self._with_content_length(_without_overlaps(edits))
        buffer = self.buffer
        parts = []
        position = 0
        for start, end, data in edits:
            if start >= position:
                parts.append(buffer[position:start])
                parts.append(data)
                position = end
            elif start == end and data:
                continue  # inserted into something that was removed
        parts.append(buffer[position:])
        return b"".join(parts)

    def _with_content_length(self, edits: list[Edit]) -> list[Edit]:
        length = len(self.buffer) - self.body_start
        for start, end, data in edits:
            if start >= self.body_start:
                length += len(data) - (end - start)
        field = self.first_fields.get(CONTENT_LENGTH)
        text = b"%d" % length
        if field is None:
            end = self.fields[-1][3]
            added = [*edits, (end, end, b"Content-Length: " + text + b"\r\n")]
        else:
            kept = [edit for edit in edits if not (edit[0] < field[3] and edit[1] > field[1])]
            added = [*kept, (field[2], field[3], b" " + text + b"\r\n")]
        return sorted(added, key=_place)


class Request(Message):
    """A request (§7.1). `uri` is the Request-URI as it now is; set it to send another."""

    __slots__ = ("method", "received_uri", "uri")

    def __init__(
        self,
        method: bytes,
        uri: bytes,
        buffer: bytes,
        fields: list[Field],
        first_fields: dict[bytes, Field],
        first_header_position: int,
        body_start: int,
    ) -> None:
        Message.__init__(self, buffer, fields, first_fields, first_header_position, body_start)
        self.method = method
        self.received_uri = uri
        """The Request-URI as it came."""
        self.uri = uri

    def to_bytes(self, extra: list[Edit] | None = None) -> bytes:
        if self.uri != self.received_uri:
            start = len(self.method) + 1
            extra = [(start, start + len(self.received_uri), self.uri), *(extra or ())]
        return Message.to_bytes(self, extra)

    def copy(self) -> Request:
        """Another request on the same bytes, with the same edits and Request-URI so far."""
        made = Request(
            self.method,
            self.received_uri,
            self.buffer,
            self.fields,
            self.first_fields,
            self.first_header_position,
            self.body_start,
        )
        made.uri = self.uri
        made.edits = self.edits.copy()
        made.cseq_number = self.cseq_number
        made.cseq_method = self.cseq_method
        return made

    def __repr__(self) -> str:
        return f"<{self.method.decode('ascii', 'replace')} {self.uri!r}>"


class Response(Message):
    """A response (§7.2)."""

    __slots__ = ("reason", "status")

    def __init__(
        self,
        status: int,
        reason: bytes,
        buffer: bytes,
        fields: list[Field],
        first_fields: dict[bytes, Field],
        first_header_position: int,
        body_start: int,
    ) -> None:
        Message.__init__(self, buffer, fields, first_fields, first_header_position, body_start)
        self.status = status
        self.reason = reason

    def __repr__(self) -> str:
        return f"<{self.status} to {self.cseq_method!r}>"

"""Responses that we make ourselves (RFC 3261 §8.2.6)."""

from __future__ import annotations

from collections.abc import Sequence

from ser_core.errors import ParseError
from ser_core.sip.message import Request
from ser_core.sip.names import CALL_ID, CSEQ, FROM, RECORD_ROUTE, TO, VIA
from ser_core.sip.received import via_edits

VERSION = "0.1.0"
SERVER = b"Server: Sip EXpress router (%b (python))\r\n" % VERSION.encode()

_COPIED = (VIA, FROM, TO, CALL_ID, CSEQ)
_COPIED_WITH_ROUTE = (VIA, RECORD_ROUTE, FROM, TO, CALL_ID, CSEQ)


def build_response(
    request: Request,
    status: int,
    reason: bytes,
    *,
    host: str,
    port: int,
    force_rport: bool = False,
    to_tag: bytes = b"",
    headers: Sequence[bytes] = (),
    body: bytes = b"",
    signature: bytes = SERVER,
) -> bytes:
    """A response to `request`, which came from `host`:`port`.

    Via, From, To, Call-ID and CSeq are copied as they stand, Record-Route too for 180 to 299;
    `to_tag` is added where To has none. `headers` are whole lines with CRLF. A topmost Via that
    can't be read is copied as it stands.
    """
    copied = _COPIED_WITH_ROUTE if 180 <= status <= 299 else _COPIED
    buffer = request.buffer
    parts = [b"SIP/2.0 %d %s\r\n" % (status, reason)]
    first_fields = request.first_fields
    first_via = first_fields[VIA]
    if request.stand_once:
        fields = [first_fields[name] for name in copied if name in first_fields]
    else:
        fields = [field for field in request.fields if field[0] in copied]
    for field in fields:
        name = field[0]
        line = buffer[field[1] : field[3]]
        if field is first_via:
            try:
                edits = via_edits(request, host, port, force_rport)
            except ParseError:
                edits = []
            if edits:
                start, end, data = edits[0]
                line = buffer[field[1] : start] + data + buffer[end : field[3]]
        elif name == TO and to_tag and not _has_tag(request):
            line = line.rstrip() + b";tag=" + to_tag + b"\r\n"
        parts.append(line)
    parts.extend(headers)
    parts.append(signature)
    parts.append(b"Content-Length: %d\r\n\r\n" % len(body))
    parts.append(body)
    return b"".join(parts)


def _has_tag(request: Request) -> bool:
    try:
        return bool(request.to_tag)
    except ParseError:  # what can't be read is copied as it stands
        return True

"""The two requests that a client transaction makes of its own: ACK and CANCEL.

Both are built from the request as it left, so they take the same way and carry the same branch.
"""

from __future__ import annotations

from ser_core.errors import ParseError
from ser_core.sip.message import Request, Response
from ser_core.sip.names import CALL_ID, CSEQ, FROM, MAX_FORWARDS, ROUTE, TO, VIA
from ser_core.sip.parser import parse_message

_KEPT = frozenset((FROM, CALL_ID, ROUTE))


def build_ack(invite: bytes, response: Response) -> bytes:
    """The ACK to a response of 300 to 699 (RFC 3261 §17.1.1.3): To comes from the response."""
    to = response.first_fields[TO]
    return _build(b"ACK", invite, response.buffer[to[1] : to[3]])


def build_cancel(invite: bytes) -> bytes:
    """The CANCEL of an INVITE (RFC 3261 §9.1)."""
    return _build(b"CANCEL", invite, b"")


def _build(method: bytes, invite: bytes, to_line: bytes) -> bytes:
    sent: object
    try:
        sent = parse_message(invite)
    except ParseError as error:
        # A script may have made something of it that we wouldn't take in. It left; so must these.
        sent = error.message
    if not isinstance(sent, Request):
        raise ParseError("not a request")
    buffer = sent.buffer
    via = sent.first_fields[VIA]  # ours, and alone on its line: forwarding puts it there
    parts = [method, b" ", sent.received_uri, b" SIP/2.0\r\n", buffer[via[1] : via[3]]]
    for field in sent.fields:
        name = field[0]
        if name == TO:
            parts.append(to_line or buffer[field[1] : field[3]])
        elif name in _KEPT:
            parts.append(buffer[field[1] : field[3]])
    number = (sent.header(CSEQ) or b"").split()[:1]
    parts.append(b"CSeq: %s %s\r\n" % (b"".join(number), method))
    # §8.1.1.6 wants Max-Forwards in every request; the INVITE's own has been counted down already
    parts.append(b"Max-Forwards: %s\r\n" % (sent.header(MAX_FORWARDS) or b"70"))
    parts.append(b"Content-Length: 0\r\n\r\n")
    return b"".join(parts)

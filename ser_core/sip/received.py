"""What the server transport writes into the topmost Via (RFC 3261 §18.2.1, RFC 3581 §4).

`received` and `rport` always come from the socket, never from the message: what a client put there
itself is overwritten or taken out.
"""

from __future__ import annotations

import re

from ser_core.sip.message import Edit, Message
from ser_core.sip.names import VIA
from ser_core.sip.via import Via, split_first

_RPORT = re.compile(rb"[ \t]*;[ \t]*rport(?:[ \t]*=[ \t]*[^;,\s]*)?(?=[;,\s]|\Z)", re.IGNORECASE)
_RECEIVED = re.compile(
    rb"[ \t]*;[ \t]*received(?:[ \t]*=[ \t]*[^;,\s]*)?(?=[;,\s]|\Z)", re.IGNORECASE
)


def via_edits(message: Message, host: str, port: int, force_rport: bool = False) -> list[Edit]:
    """Edits that put received and rport into the topmost Via of a request from `host`:`port`."""
    via = message.via
    wants_rport = force_rport or via.rport is not None
    source = host.encode()
    if b"%" in source:  # a link-local zone is nobody else's business
        source = source.partition(b"%")[0]
    if not wants_rport and via.received is None and via.host == source:
        return []
    field = message.first_fields[VIA]
    raw = message.buffer[field[2] : field[3]]
    end = split_first(raw) if b"," in raw else len(raw.rstrip())
    return [(field[2], field[2] + end, _rewritten(raw[:end], via, source, port, wants_rport))]


def _rewritten(value: bytes, via: Via, source: bytes, port: int, wants_rport: bool) -> bytes:
    if via.received is not None:
        value = _RECEIVED.sub(b"", value)
    added = b""
    if wants_rport:
        added = b";rport=%d" % port
        if via.rport is not None:
            value, found = _RPORT.subn(added, value, count=1)
            added = b"" if found else added
    # RFC 3581 §4: with rport, received is there even when it says what the sent-by says.
    if wants_rport or via.host.strip(b"[]") != source:
        added += b";received=" + source
    return value.rstrip() + added

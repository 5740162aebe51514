"""The layout of ul_dump: that of SER's memory, which other people's scripts read.

SER shows where its structs stand in memory. Ours show numbers made of the name of what stands
there: the same for the same record each time, and different for different ones.
"""

from __future__ import annotations

import math
import re
import zlib
from typing import TYPE_CHECKING

from ser_core.fifo.protocol import FifoError
from ser_core.modules.usrloc.scan import slices
from ser_core.registrar.contacts import q_text
from ser_core.registrar.location import NEVER

if TYPE_CHECKING:
    from ser_core.fifo.declarations import Control
    from ser_core.registrar.location import Binding

MAX_BYTES = 128 << 20
"""Of a dump; a registration takes some 450."""
PERMANENT_SECONDS = (1 << 31) - 1
"""What a binding that never expires shows, where SER shows some large number or other."""
NIL = b"(nil)"

_DOMAIN = b"""\
---Domain---
name : '%b'
size : 512
table: %b
d_ll {
    n    : %d
    first: %b
    last : %b
}
"""
_CONTACT = b"""\
~~~Contact(%b)~~~
domain    : '%b'
aor       : '%b'
Contact   : '%b'
Expires   : %d
q         : %b
Call-ID   : '%b'
CSeq      : %d
replic    : 0
User-Agent: '%b'
received  : '%b'
State     : CS_NEW
Flags     : %d
next      : %b
prev      : %b
~~~/Contact~~~~
"""

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


def dump(control: Control, tables: list[str]) -> bytes:
    """All tables. Raises FifoError when that is more than MAX_BYTES.

    Measured: 100,000 registrations are 46 MB and take 0.4 s, in slices of some 2 ms; only the end,
    when all is put together, takes 25.
    """
    now = control.wall_time()
    chunks = [b"===Domain list===\n"]
    for table in tables:
        _add_domain(chunks, control, table.encode(), now)
    chunks.append(b"===/Domain list===\n")
    return b"".join(chunks)


def _add_domain(chunks: list[bytes], control: Control, name: bytes, now: float) -> None:
    place = len(chunks)
    size = sum(map(len, chunks))
    first = last = NIL
    users = 0
    for records in slices(control, name.decode()):
        if not users:
            first = address(name, records[0][0])
        last = address(name, records[-1][0])
        users += len(records)
        chunks.append(b"".join(_record(name, aor, bindings, now) for aor, bindings in records))
        size += len(chunks[-1])
        if size > MAX_BYTES:
            raise FifoError(500, f"ul_dump: more than {MAX_BYTES} bytes; use ul_list")
    head = _DOMAIN % (name, address(name), users, first, last)
    chunks.insert(place, head + b"\n" if users else head)
    chunks.append(b"\n---/Domain---\n")


def _record(domain: bytes, aor: bytes, bindings: list[Binding], now: float) -> bytes:
    shown = printable(aor)
    places = [NIL, *(address(domain, aor, binding.uri) for binding in bindings), NIL]
    contacts = [
        _CONTACT
        % (
            places[number],
            domain,
            shown,
            printable(binding.uri),
            seconds_left(binding, now),
            shown_q(binding),
            printable(binding.call_id),
            binding.cseq,
            printable(binding.user_agent),
            printable(binding.received),
            binding.flags,
            places[number + 1],
            places[number - 1],
        )
        for number, binding in enumerate(bindings, 1)
    ]
    head = b"...Record(%b)...\ndomain: '%b'\naor   : '%b'\n" % (address(domain, aor), domain, shown)
    return b"".join([head, *contacts, b".../Record...\n"])


def address(*names: bytes) -> bytes:
    """Where something with these names could stand in SER's memory."""
    return b"0x4%07x" % (zlib.crc32(b"\0".join(names)) & 0xFFFFFF8)


def seconds_left(binding: Binding, now: float) -> int:
    """How long the binding lives; below 0: for how long it hasn't any more."""
    if binding.expires_at == NEVER:
        return PERMANENT_SECONDS
    # Half a thousandth makes up for what the subtraction of floats may lose.
    return math.floor(binding.expires_at - now + 0.0005)


def shown_q(binding: Binding) -> bytes:
    """1, 0, 0.5; nothing when the phone gave none."""
    return q_text(binding.q) if binding.q >= 0 else b""


def printable(value: bytes) -> bytes:
    """Control bytes as \\xNN: an escape in a REGISTER must not make a line of its own."""
    if _CONTROL.search(value) is None:
        return value
    return _CONTROL.sub(lambda found: b"\\x%02x" % found[0][0], value)

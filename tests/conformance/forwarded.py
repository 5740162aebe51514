"""Whether a proxy has passed a message on as RFC 3261 §16.6 wants it: byte for byte, except for
what a proxy changes."""

from __future__ import annotations

import re

_MAX_FORWARDS = re.compile(rb"(?im)^(max-forwards[ \t]*:[ \t]*)(\d+)[ \t]*\r\n")
_CONTENT_LENGTH = re.compile(rb"(?im)^(?:content-length|l)[ \t]*:\s*(\d+)")
_VIA = re.compile(rb"(?im)^(?:via|v)[ \t]*:")

MOST_HOPS = 70
"""What hello world writes where a request has more (max_limit of maxfwd)."""
HOPS_ADDED = 10
"""What it writes where a request has no Max-Forwards."""


def hops(message: bytes) -> int | None:
    """Max-Forwards."""
    found = _MAX_FORWARDS.search(message)
    return int(found[2]) if found else None


def as_it_came(forwarded: bytes, proxy: str, source: str) -> bytes:
    """What the client must have sent, seen from what the next hop got: the proxy's Via and
    Record-Route and its `received` are taken out again. Max-Forwards is left out altogether.
    AssertionError where the proxy hasn't written what it must, or not where it must."""
    first_via = _VIA.search(forwarded)
    assert first_via is not None
    ours = b"Via: SIP/2.0/UDP " + proxy.encode() + b";branch=z9hG4bK"
    assert forwarded.startswith(ours, first_via.start()), "the topmost Via isn't the proxy's"
    rest = re.sub(rb"(?m)^" + re.escape(ours) + rb"[^\r]*\r\n", b"", forwarded, count=1)
    record = rb"(?m)^Record-Route: <sip:" + re.escape(proxy.encode()) + rb"(;[^>]*)?;lr[^>]*>\r\n"
    rest = re.sub(record, b"", rest, count=2)  # two where another transport is crossed to
    rest = rest.replace(b";received=" + source.encode(), b"", 1)
    return without_hops(rest)


def without_hops(message: bytes) -> bytes:
    """The message without Max-Forwards."""
    return _MAX_FORWARDS.sub(b"", message, count=1)


def cut(message: bytes) -> bytes:
    """A datagram without what stands behind the end that Content-Length says (§18.3)."""
    head, _, body = message.partition(b"\r\n\r\n")
    length = _CONTENT_LENGTH.search(head + b"\r\n")
    return head + b"\r\n\r\n" + (body[: int(length[1])] if length else body)


def hops_owed(original: bytes) -> int:
    """Max-Forwards as it must leave (§16.6 step 3)."""
    came = hops(original)
    return HOPS_ADDED if came is None else min(came - 1, MOST_HOPS)

"""Request validation: RFC 3261 §16.3, before the script sees a request.

    1  reasonable syntax    what the proxy itself reads must be readable
    2  URI scheme           when relaying: 416, since a Route may lead past the Request-URI
    3  Max-Forwards         here that it is a number; the script's mf_process_maxfwd_header counts
    4  loop detection       when relaying (`forwarding.is_loop`)
    5  Proxy-Require        420, since we know no extension that a proxy must know

Syntax that nobody but the far end reads is its own business and passes.
"""

from __future__ import annotations

from ser_core.errors import ParseError
from ser_core.sip.headers import parse_tokens, parse_uint
from ser_core.sip.message import Request
from ser_core.sip.names import MAX_FORWARDS, PROXY_REQUIRE
from ser_core.sip.uri import parse_uri

MAX_MAX_FORWARDS = 255
"""RFC 3261 §20.22."""

_EXEMPT = (b"ACK", b"CANCEL")  # §8.2.2.3: these are never refused for an extension


def validate(request: Request) -> None:
    """Raises ParseError with the status to answer with, and headers for the answer."""
    # Each of these is read once and kept in the message, where the script will want it anyway.
    _ = request.via, request.from_tag, request.to_tag
    if parse_uri(request.received_uri).headers:
        raise ParseError("headers in the Request-URI")  # §19.1.1
    field = request.first_fields.get(MAX_FORWARDS)
    if field is not None:
        _check_max_forwards(field[4])
    if PROXY_REQUIRE in request.first_fields and request.method not in _EXEMPT:
        _refuse_extensions(request)


def _check_max_forwards(value: bytes) -> None:
    try:
        parse_uint(value, MAX_MAX_FORWARDS)
    except ParseError as error:
        raise ParseError("Bad Max-Forwards") from error


def _refuse_extensions(request: Request) -> None:
    tags = parse_tokens(request.headers(PROXY_REQUIRE))
    if not tags:
        return
    error = ParseError("Bad Extension", 420)
    error.headers = [b"Unsupported: " + b", ".join(tags) + b"\r\n"]
    raise error

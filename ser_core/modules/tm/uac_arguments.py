"""The arguments of t_uac_dlg as a request: reference ser-fifo 6.1.

They come from whoever may write to the FIFO, often a script that passes on what somebody typed. So
each is checked for what it is, and the whole must be a request that we would accept ourselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ser_core.errors import ParseError
from ser_core.fifo.protocol import FifoError
from ser_core.proxy.error_replies import reply_for
from ser_core.proxy.forwarding import destination
from ser_core.proxy.route_set import as_request_uri
from ser_core.script.runtime import E_UNSUPPORTED_SCHEME
from ser_core.sip.abnf import is_token
from ser_core.sip.address import parse_address
from ser_core.sip.headers import MAX_CSEQ, parse_uint
from ser_core.sip.hop import Listener
from ser_core.sip.names import (
    CALL_ID,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    CSEQ,
    FROM,
    MAX_FORWARDS,
    TO,
    VIA,
)
from ser_core.sip.parser import parse_message
from ser_core.sip.request import Draft, Header, build_request, read_headers
from ser_core.sip.uri import Uri, parse_uri

DEFAULT_CSEQ = 10
NO_NEXT_HOP = b"."

_PLACED = frozenset((TO, FROM, CSEQ, CALL_ID, CONTENT_LENGTH))
"""Headers that the stack writes; the others follow as they were given."""
_SINGLE = (TO, FROM, CSEQ, CALL_ID, MAX_FORWARDS)
_CALL_ID = re.compile(rb"[^\x00-\x20\x7f]+")


class Ids(NamedTuple):
    """What makes the ids that the caller leaves out."""

    call_id: Callable[[], bytes]
    tag: Callable[[], bytes]


def bad(text: str) -> FifoError:
    """A 400 of t_uac_dlg."""
    return FifoError(400, f"fifo_uac_error: {text}")


def unsendable(error: int) -> FifoError:
    """What tells that the request can't be sent, for one of SER's error numbers."""
    status, reason = reply_for(error, "FIFO/UAC")
    return FifoError(status, f"fifo_uac_error: {reason.decode()}")


def call_id_in(
    _method: bytes, _ruri: bytes, _next_hop: bytes, headers: bytes, _body: bytes
) -> bytes:
    """The Call-ID that the caller gives; empty when there is none, or none that can be read."""
    try:
        found = [header.value for header in read_headers(headers) if header.name == CALL_ID]
    except ParseError:
        return b""
    return found[0] if found else b""


def read_destination(ruri: bytes, next_hop: bytes) -> tuple[bytes, Uri]:
    """The Request-URI as it is sent, and the URI that says where to. Raises FifoError."""
    try:
        target = parse_uri(ruri)
    except ParseError:
        raise bad("ruri invalid") from None
    try:
        goes_to = destination(ruri, None if next_hop == NO_NEXT_HOP else next_hop)
    except ParseError:
        raise bad("next hop uri invalid") from None
    if not goes_to.is_sip:
        raise unsendable(E_UNSUPPORTED_SCHEME)
    return as_request_uri(target), goes_to


def read_draft(
    method: bytes, uri: bytes, headers: bytes, body: bytes, ids: Ids, listener: Listener
) -> Draft:
    """The request; any of our listeners will do to try whether it can be read. Raises FifoError."""
    if not is_token(method):
        raise bad("method invalid")
    given = _read(headers)
    values = {header.name: header.value for header in given}
    _check_body(values, body)
    for name, text in ((TO, "To missing"), (FROM, "From missing")):
        if not values.get(name):
            raise bad(text)
    draft = Draft(
        method,
        uri,
        values[TO],
        _sender(values[FROM], ids.tag),
        values.get(CALL_ID) or ids.call_id(),
        _cseq(values.get(CSEQ), method),
        tuple(header for header in given if header.name not in _PLACED),
        body,
    )
    _check_whole(draft, listener)
    return draft


def _read(headers: bytes) -> list[Header]:
    try:
        given = read_headers(headers)
    except ParseError:
        raise bad("HFs unparseable") from None
    names = [header.name for header in given]
    if any(names.count(name) > 1 for name in _SINGLE):
        raise bad("HFs unparseable")
    if VIA in names:  # the answer would go to whoever it names
        raise bad("Via disallowed")
    return given


def _check_body(values: Mapping[bytes, bytes], body: bytes) -> None:
    if body and CONTENT_TYPE not in values:
        raise bad("Content-Type missing")
    if body and CONTENT_LENGTH in values:
        raise bad("Content-Length disallowed")


def _sender(value: bytes, new_tag: Callable[[], bytes]) -> bytes:
    """The value of From, with a tag."""
    try:
        has_tag = parse_address(value).tag
    except ParseError:
        raise bad("Error in From") from None
    return value if has_tag else value + b";tag=" + new_tag()


def _cseq(value: bytes | None, method: bytes) -> int:
    if value is None:
        return DEFAULT_CSEQ
    number, _, named = value.partition(b" ")
    try:
        cseq = parse_uint(number, MAX_CSEQ)
    except ParseError:
        raise bad("non-numerical CSeq") from None
    if named.strip() != method:
        raise bad("CSeq method mismatch")
    return cseq


def _check_whole(draft: Draft, listener: Listener) -> None:
    """Whatever else is wrong: what we wouldn't take from others, we don't send."""
    try:
        parse_address(draft.to)
        if not _CALL_ID.fullmatch(draft.call_id):
            raise ParseError("blanks in Call-ID")
        parse_message(build_request(draft, listener, b"z9hG4bK", b""))
    except ParseError:
        raise bad("HFs unparseable") from None

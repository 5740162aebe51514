"""Request forwarding: RFC 3261 §16.6, the steps that make one copy of the request for one branch.

    1  copy the request            the edits recorded so far, joined in `Message.to_bytes`
    2  Request-URI                 `uri`
    3  Max-Forwards                the script's mf_process_maxfwd_header
    4  Record-Route                `_record_route`
    6  Route                       the script's loose_route
    8  Via                         `_via`; the topmost Via of the sender gets received and rport
    9  Content-Length              added where the next hop is a stream

Where two things are inserted at the same place, Max-Forwards and Record-Route come before our Via.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.proxy.route_set import as_request_uri, record_route_lines
from ser_core.sip.message import Edit, Message, Request, Response
from ser_core.sip.names import (
    CALL_ID,
    CONTENT_LENGTH,
    CSEQ,
    MAX_BREADTH,
    PROXY_AUTHORIZATION,
    PROXY_REQUIRE,
    ROUTE,
    VIA,
)
from ser_core.sip.received import via_edits
from ser_core.sip.stateless_tag import StatelessTag
from ser_core.sip.uri import Uri, parse_uri
from ser_core.sip.via import Via, split_first

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.hop import Listener


def destination(uri: bytes, next_hop: bytes | None) -> Uri:
    """The URI that says where a request goes: the next hop, else the Request-URI `uri`.

    With a sips Request-URI every next hop counts as sips (§16.6 step 7). Raises ParseError.
    """
    target = parse_uri(uri)
    if not next_hop:
        return target
    hop = parse_uri(next_hop)
    if target.scheme == b"sips" and hop.scheme == b"sip":
        return parse_uri(b"sips" + hop.raw[len(b"sip") :])
    return hop


def request_copy(
    msg: ScriptMessage, uri: bytes, listener: Listener, branch: bytes, breadth: int = 0
) -> bytes:
    """The request as it leaves through `listener` for `uri`, with our Via and `branch` on top.

    `breadth` is written into Max-Breadth (RFC 5393 §5.3.3); 0 leaves that header as it is.
    """
    request: Request = msg.message
    source = msg.source
    extra = _record_route(msg, request, listener) if msg.record_route is not None else []
    position = request.first_fields[VIA][1]
    extra.append((position, position, _via(msg, listener, branch)))
    extra += via_edits(request, source.host, source.port, msg.force_rport)
    if b"?" in uri or b";method=" in uri.lower():  # no parts of a Request-URI (§16.6 step 2)
        uri = as_request_uri(parse_uri(uri))
    if uri != request.received_uri:
        start = len(request.method) + 1
        extra.append((start, start + len(request.received_uri), uri))
    if listener.reliable and CONTENT_LENGTH not in request.first_fields:
        end = request.fields[-1][3]
        extra.append((end, end, b"Content-Length: %d\r\n" % len(request.body)))
    if breadth:
        extra.append(_max_breadth(request, breadth))
    return Message.to_bytes(request, extra)


def _record_route(msg: ScriptMessage, request: Request, listener: Listener) -> list[Edit]:
    wanted = msg.record_route
    assert wanted is not None
    lines = record_route_lines(
        wanted, msg.source.listener, listener, msg.advertised_host, msg.advertised_port
    )
    position = request.first_header_position
    return [(position, position, lines)]


def _via(msg: ScriptMessage, listener: Listener, branch: bytes) -> bytes:
    if msg.advertised_host is None and not msg.advertised_port:
        return listener.via + branch + b"\r\n"
    host = (msg.advertised_host or b"").decode() or listener.advertised_host
    port = msg.advertised_port or listener.advertised_port
    return listener.via_with(listener.sent_by_with(host, port)) + branch + b"\r\n"


def _max_breadth(request: Request, breadth: int) -> Edit:
    line = b"Max-Breadth: %d\r\n" % breadth
    field = request.first(MAX_BREADTH)
    if field is None:
        end = request.fields[-1][3]
        return (end, end, line)
    return (field[1], field[3], line)


def response_copy(response: Message) -> bytes:
    """The response as it goes upstream: without our Via (§16.7 step 3), with the script's edits."""
    field = response.first_fields[VIA]
    value = response.buffer[field[2] : field[3]]
    if b"," in value:
        return _without_first_of_several(response, value)
    if not response.edits:
        buffer = response.buffer
        return buffer[: field[1]] + buffer[field[3] :]
    return response.to_bytes([(field[1], field[3], b"")])


def _without_first_of_several(response: Message, value: bytes) -> bytes:
    field = response.first_fields[VIA]
    end = split_first(value)
    if end >= len(value):
        return response.to_bytes([(field[1], field[3], b"")])
    return response.to_bytes([(field[2], field[2] + end + 1, b"")])


def has_via_below(response: Message) -> bool:
    """True when there is a Via below the topmost one; else the response is meant for us alone and
    mustn't be forwarded (§16.7 step 3)."""
    fields = response.fields
    if fields[0][0] == VIA and fields[1][0] == VIA:  # so nearly all begin
        return True
    found = 0
    for field in fields:
        if field[0] == VIA:
            found += 1
            if found == 2 or b"," in response.buffer[field[2] : field[3]]:
                return True
    return False


def loop_hash(request: Request) -> int:
    """What the second part of our branch says (§16.6 step 8, RFC 5393 §4.2).

    Two requests with the same value take the same way through the script; a request that comes back
    with a value that it left with is in a loop.
    """
    first_fields = request.first_fields
    routes: tuple[bytes, ...] = ()
    if ROUTE in first_fields:
        routes = tuple(request.headers(ROUTE))
    return (
        hash(
            (
                request.received_uri,
                request.from_tag,
                request.to_tag,
                request.header(CALL_ID),
                request.header(CSEQ),
                routes,
                request.header(PROXY_REQUIRE) if PROXY_REQUIRE in first_fields else None,
                request.header(PROXY_AUTHORIZATION)
                if PROXY_AUTHORIZATION in first_fields
                else None,
            )
        )
        & 0xFFFFFFFF
    )


def stateless_branch(request: Request, tags: StatelessTag) -> bytes:
    """A branch that is the same for each retransmission (§16.11)."""
    return b"z9hG4bK" + tags.branch_for(request.via, request.method, request.call_id)


def is_stateless_branch(branch: bytes, below: Via, response: Response, tags: StatelessTag) -> bool:
    """True when `branch` is what `stateless_branch` gave to the request of the response, whose Via
    below ours is `below`."""
    expected = b"z9hG4bK" + tags.branch_for(below, response.cseq_method, response.call_id)
    return branch == expected


def is_loop(request: Request, sent_bys: frozenset[bytes], own_hash: int) -> bool:
    """True when one of the Vias is ours and was made for this very request (§16.3 step 4)."""
    mark = b".%08x" % own_hash
    if mark not in request.buffer:  # so it is with nearly all
        return False
    for field in request.fields:
        if field[0] == VIA:
            value = request.buffer[field[2] : field[3]]
            if mark in value and any(sent_by in value for sent_by in sent_bys):
                return True
    return False

"""The copy of a request for one branch, RFC 3261 §16.6, and of a response, §16.7."""

from __future__ import annotations

import pytest

from ser_core.proxy.forwarding import (
    destination,
    has_via_below,
    is_loop,
    is_stateless_branch,
    loop_hash,
    request_copy,
    response_copy,
    stateless_branch,
)
from ser_core.script.runtime import RecordRoute, ScriptMessage
from ser_core.sip.hop import Listener
from ser_core.sip.message import Response
from ser_core.sip.parser import parse_message
from ser_core.sip.stateless_tag import StatelessTag
from tests.support.ladder import Ladder, request, response_to

LADDER = Ladder()
UDP = LADDER.environment.listener
TCP = LADDER.environment.tcp_listener
BRANCH = b"z9hG4bKnew"
TAGS = StatelessTag(b"secret")


def message(data: bytes | None = None) -> ScriptMessage:
    return LADDER.message(data or request())


def head(data: bytes) -> list[str]:
    return data.split(b"\r\n\r\n")[0].decode().split("\r\n")


def test_via_goes_on_top_and_nothing_else_changes() -> None:
    data = request_copy(message(), b"sip:bob@192.0.2.100", UDP, BRANCH)
    via = b"Via: SIP/2.0/UDP 192.0.2.100;branch=z9hG4bKnew\r\n"
    assert data.replace(via, b"") == request()


def test_record_route_stands_before_our_via() -> None:
    msg = message()
    msg.record_route = RecordRoute(params=b";ftag=a1;lr=on")
    lines = head(request_copy(msg, b"sip:x@y", UDP, BRANCH))
    assert lines[0] == "INVITE sip:x@y SIP/2.0"
    assert lines[1] == "Record-Route: <sip:192.0.2.100;ftag=a1;lr=on>"
    assert lines[2].startswith("Via: SIP/2.0/UDP 192.0.2.100;")


def test_added_max_forwards_stands_before_record_route() -> None:
    msg = message()
    msg.message.insert(msg.message.first_header_position, b"Max-Forwards: 10\r\n")
    msg.record_route = RecordRoute(params=b";lr")
    lines = head(request_copy(msg, b"sip:x@y", UDP, BRANCH))
    assert [line.split(":")[0] for line in lines[1:4]] == ["Max-Forwards", "Record-Route", "Via"]


def test_crossing_transports_record_routes_twice() -> None:
    msg = message()
    msg.record_route = RecordRoute(params=b";lr")
    lines = head(request_copy(msg, b"sip:x@y", TCP, BRANCH))
    routes = [line for line in lines if line.startswith("Record-Route")]
    assert len(routes) == 2
    assert ";transport=tcp" in routes[0]
    assert all(";r2=on" in route for route in routes)


def test_content_length_is_added_for_a_stream() -> None:
    bare = request(body="abc").replace(b"Content-Length: 3\r\n", b"")
    assert b"Content-Length: 3\r\n" in request_copy(message(bare), b"sip:x@y", TCP, BRANCH)
    assert b"Content-Length" not in request_copy(message(bare), b"sip:x@y", UDP, BRANCH)


def test_advertised_address_of_the_message_is_in_our_via() -> None:
    msg = message()
    msg.advertised_host, msg.advertised_port = b"203.0.113.5", 5099
    assert parse_message(request_copy(msg, b"sip:x@y", UDP, BRANCH)).via.sent_by == (
        b"203.0.113.5:5099"
    )


def test_max_breadth_is_added_or_replaced() -> None:
    fresh = parse_message(request_copy(message(), b"sip:x@y", UDP, BRANCH, 30))
    assert fresh.headers(b"max-breadth") == [b"30"]
    given = message(request(headers="Max-Breadth: 60\r\n"))
    assert parse_message(request_copy(given, b"sip:x@y", UDP, BRANCH, 30)).headers(
        b"max-breadth"
    ) == [b"30"]


def test_response_loses_our_via_only() -> None:
    copy = parse_message(request_copy(message(), b"sip:x@y", UDP, BRANCH))
    upstream = parse_message(response_copy(parse_message(response_to(copy, 200))))
    assert upstream.headers(b"via") == message().message.headers(b"via")


def test_loop_hash_depends_on_where_the_request_was_going() -> None:
    first = message().message
    assert loop_hash(first) == loop_hash(message().message)
    assert loop_hash(first) != loop_hash(message(request(uri="sip:other@x")).message)
    routed = message(request(headers="Route: <sip:a;lr>\r\n")).message
    assert loop_hash(first) != loop_hash(routed)


def test_loop_is_seen_in_a_via_of_ours_only() -> None:
    own = loop_hash(message().message)
    branch = BRANCH + b".0.%08x" % own
    copy = parse_message(request_copy(message(), b"sip:bob@192.0.2.100", UDP, branch))
    assert is_loop(copy, frozenset((UDP.sent_by,)), own)  # type: ignore[arg-type]
    assert not is_loop(copy, frozenset((b"192.0.2.250",)), own)  # type: ignore[arg-type]
    assert not is_loop(copy, frozenset((UDP.sent_by,)), own + 1)  # type: ignore[arg-type]


def test_stateless_branch_is_the_same_for_a_retransmission() -> None:
    first, again = message().message, message().message
    assert stateless_branch(first, TAGS) == stateless_branch(again, TAGS)
    other = message(request(branch="z9hG4bKother")).message
    assert stateless_branch(first, TAGS) != stateless_branch(other, TAGS)
    assert stateless_branch(first, TAGS) != stateless_branch(first, StatelessTag(b"another"))


def test_stateless_branch_is_recognised_in_the_response() -> None:
    asked = message().message
    branch = stateless_branch(asked, TAGS)
    response = parse_message(response_to(asked, 200))
    assert isinstance(response, Response)
    assert is_stateless_branch(branch, asked.via, response, TAGS)
    assert not is_stateless_branch(branch + b"0", asked.via, response, TAGS)


def test_listener_prints_as_transport_address_and_port() -> None:
    assert repr(Listener("udp", "::1", 5060)) == "udp:[::1]:5060"


def test_what_may_not_stand_in_a_request_uri_is_left_out() -> None:
    """RFC 3261 §16.6 step 2 and §19.1.1."""
    data = request_copy(message(), b"sip:bob@h;x=1;method=BYE?Subject=hello", UDP, BRANCH)
    assert head(data)[0] == "INVITE sip:bob@h;x=1 SIP/2.0"


@pytest.mark.parametrize(
    ("uri", "next_hop", "leads_to"),
    [
        (b"sip:bob@b", None, b"sip:bob@b"),
        (b"sip:bob@b", b"sip:p;lr", b"sip:p;lr"),
        (b"tel:+1", b"sip:p;lr", b"sip:p;lr"),
        (b"SIPS:bob@b", b"sip:p;lr", b"sips:p;lr"),
        (b"sip:bob@b", b"sips:p;lr", b"sips:p;lr"),
    ],
)
def test_next_hop_of_a_sips_uri_counts_as_sips(
    uri: bytes, next_hop: bytes | None, leads_to: bytes
) -> None:
    assert destination(uri, next_hop).raw == leads_to


@pytest.mark.parametrize(
    ("vias", "expected"),
    [
        (b"Via: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b\r\n", True),
        (b"Via: SIP/2.0/UDP a, SIP/2.0/UDP b\r\n", True),
        (b"Via: SIP/2.0/UDP a\r\nSubject: x\r\nv: SIP/2.0/UDP b\r\n", True),
        (b"Via: SIP/2.0/UDP a\r\n", False),
    ],
)
def test_response_with_our_via_alone_is_for_us(vias: bytes, expected: bool) -> None:
    response = parse_message(
        b"SIP/2.0 200 OK\r\n" + vias + b"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
        b"Call-ID: x\r\nCSeq: 1 INVITE\r\n\r\n"
    )
    assert has_via_below(response) is expected

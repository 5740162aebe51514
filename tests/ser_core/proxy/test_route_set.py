from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.errors import ParseError
from ser_core.proxy.route_set import (
    Route,
    RouteRules,
    as_request_uri,
    follow_route,
    read_routes,
    record_route_lines,
    remove_routes,
)
from ser_core.script.runtime import RecordRoute, ScriptMessage
from ser_core.sip.hop import Hop, Listener, LocalAddresses
from ser_core.sip.message import Request
from ser_core.sip.parser import parse_message
from ser_core.sip.uri import parse_uri
from tests.support.script_messages import (
    INSIDE,
    PROXY,
    PROXY_TCP,
    SIX,
    FakeCore,
    in_script,
    leaving,
    request_bytes,
)

IN_DIALOG = "<sip:bob@example.com>;tag=314159"
OWN = "<sip:192.0.2.1;lr>"
TARGET = "sip:bob@192.0.2.200"

RULES = RouteRules(LocalAddresses([PROXY, PROXY_TCP, INSIDE, SIX]))


class Way(NamedTuple):
    """What became of a request."""

    followed: bool
    uri: str
    next_hop: str | None
    routes: list[str]


def way_of(*routes: str, uri: str = TARGET, to: str = IN_DIALOG, rules: RouteRules = RULES) -> Way:
    msg = in_script(
        request_bytes(*(f"Route: {route}" for route in routes), uri=uri, to=to, method="BYE")
    )
    followed = follow_route(msg, rules)
    left = leaving(msg)
    assert isinstance(left, Request)
    assert left.uri == msg.uri
    return Way(
        followed,
        msg.uri.decode(),
        None if msg.next_hop is None else msg.next_hop.decode(),
        [value.decode() for value in left.headers(b"route")],
    )


# -- §16.12.1.1: the SIP trapezoid ---------------------------------------------------------------


class Proxy:
    """One proxy of the RFC's examples: domain.com and the like are names of itself."""

    def __init__(self, name: str, *also: str) -> None:
        self.listener = Listener("udp", name, 5060)
        aliases = [("*", alias, 0) for alias in also]
        self.rules = RouteRules(LocalAddresses([self.listener], aliases))

    def forward(self, data: bytes, *, uri: str = "", record: bool = False) -> tuple[str, bytes]:
        """Where the request goes next, and as what. `uri`: what the location service says."""
        source = Hop("udp", "192.0.2.101", 5060, self.listener)
        msg = ScriptMessage(parse_message(data), source, 1.0, FakeCore())  # type: ignore[arg-type]
        request: Request = msg.message
        follow_route(msg, self.rules)
        if uri:
            msg.uri = uri.encode()
        extra = []
        if record:
            lines = record_route_lines(RecordRoute(params=b";lr"), self.listener, self.listener)
            position = request.first_header_position
            extra.append((position, position, lines))
        if msg.next_hop is None:
            assert msg.uri == request.uri
        return (msg.next_hop or msg.uri).decode(), request.to_bytes(extra)


def routes_in(data: bytes) -> list[str]:
    return [value.decode() for value in parse_message(data).headers(b"route")]


def recorded_in(data: bytes) -> list[str]:
    return [value.decode() for value in parse_message(data).headers(b"record-route")]


def uri_in(data: bytes) -> str:
    message = parse_message(data)
    assert isinstance(message, Request)
    return message.uri.decode()


def test_basic_sip_trapezoid_invite() -> None:
    """RFC 3261 §16.12.1.1: U1 -> P1 -> P2 -> U2, both proxies record-routing."""
    p1, p2 = Proxy("p1.example.com"), Proxy("p2.domain.com", "domain.com")
    invite = request_bytes("Contact: sip:caller@u1.example.com", uri="sip:callee@domain.com")

    to, invite = p1.forward(invite, record=True)
    assert (to, uri_in(invite)) == ("sip:callee@domain.com", "sip:callee@domain.com")
    assert recorded_in(invite) == ["<sip:p1.example.com;lr>"]

    to, invite = p2.forward(invite, uri="sip:callee@u2.domain.com", record=True)
    assert (to, uri_in(invite)) == ("sip:callee@u2.domain.com", "sip:callee@u2.domain.com")
    assert recorded_in(invite) == ["<sip:p2.domain.com;lr>", "<sip:p1.example.com;lr>"]


def test_basic_sip_trapezoid_bye_of_the_callee() -> None:
    """RFC 3261 §16.12.1.1: the callee sends BYE along the recorded route."""
    p1, p2 = Proxy("p1.example.com"), Proxy("p2.domain.com", "domain.com")
    bye = request_bytes(
        "Route: <sip:p2.domain.com;lr>,<sip:p1.example.com;lr>",
        method="BYE",
        uri="sip:caller@u1.example.com",
        to=IN_DIALOG,
    )
    to, bye = p2.forward(bye)
    assert to == "sip:p1.example.com;lr"
    assert uri_in(bye) == "sip:caller@u1.example.com"
    assert routes_in(bye) == ["<sip:p1.example.com;lr>"]

    to, bye = p1.forward(bye)
    assert (to, uri_in(bye)) == ("sip:caller@u1.example.com", "sip:caller@u1.example.com")
    assert routes_in(bye) == []


# -- §16.12.1.2: traversing a strict-routing proxy -----------------------------------------------


def test_traversing_a_strict_routing_proxy() -> None:
    """RFC 3261 §16.12.1.2: U1 -> P1 -> P2 -> P3 -> P4 -> U2, where P3 is a strict router."""
    p1, p2, p4 = Proxy("p1.example.com"), Proxy("p2.middle.com"), Proxy("p4.domain.com")
    bye = request_bytes(
        "Route: <sip:p1.example.com;lr>",
        "Route: <sip:p2.middle.com;lr>",
        "Route: <sip:p3.middle.com>",
        "Route: <sip:p4.domain.com;lr>",
        method="BYE",
        uri="sip:callee@u2.domain.com",
        to=IN_DIALOG,
    )
    to, bye = p1.forward(bye)
    assert to == "sip:p2.middle.com;lr"
    assert uri_in(bye) == "sip:callee@u2.domain.com"

    to, bye = p2.forward(bye)
    assert (to, uri_in(bye)) == ("sip:p3.middle.com", "sip:p3.middle.com")
    assert routes_in(bye) == ["<sip:p4.domain.com;lr>", "<sip:callee@u2.domain.com>"]

    # P3 is the strict router: it takes the top Route as Request-URI.
    bye = bye.replace(b"BYE sip:p3.middle.com", b"BYE sip:p4.domain.com;lr")
    bye = bye.replace(b"Route: <sip:p4.domain.com;lr>\r\n", b"")

    to, bye = p4.forward(bye)
    assert (to, uri_in(bye)) == ("sip:callee@u2.domain.com", "sip:callee@u2.domain.com")
    assert routes_in(bye) == []


# -- §16.12.1.3: rewriting Record-Route values ---------------------------------------------------


def test_rewriting_record_route_values() -> None:
    """RFC 3261 §16.12.1.3: a proxy with a foot in each of two name spaces.

    The RFC rewrites the value in the response; with two headers (RFC 5658) each side gets the
    address that it can reach, and no response has to be changed.
    """
    outside, inside = Listener("udp", "gateway.leftprivatespace.com", 5060), INSIDE
    inside = Listener("udp", "gateway.rightprivatespace.com", 5060)
    gateway = RouteRules(LocalAddresses([outside, inside]))
    recorded = record_route_lines(RecordRoute(params=b";lr"), outside, inside)
    assert recorded == (
        b"Record-Route: <sip:gateway.rightprivatespace.com;r2=on;lr>\r\n"
        b"Record-Route: <sip:gateway.leftprivatespace.com;r2=on;lr>\r\n"
    )
    # The callee, on the right, sends BYE: its route set begins with our right side.
    way = way_of(
        "<sip:gateway.rightprivatespace.com;r2=on;lr>",
        "<sip:gateway.leftprivatespace.com;r2=on;lr>",
        "<sip:p1.leftprivatespace.com;lr>",
        uri="sip:caller@u1.leftprivatespace.com",
        rules=gateway,
    )
    assert way == Way(
        True,
        "sip:caller@u1.leftprivatespace.com",
        "sip:p1.leftprivatespace.com;lr",
        ["<sip:p1.leftprivatespace.com;lr>"],
    )
    # The caller, on the left, reaches us by the left one first.
    way = way_of(
        "<sip:gateway.leftprivatespace.com;r2=on;lr>",
        "<sip:gateway.rightprivatespace.com;r2=on;lr>",
        uri="sip:callee@u2.rightprivatespace.com",
        rules=gateway,
    )
    assert way == Way(True, "sip:callee@u2.rightprivatespace.com", None, [])


# -- after a loose router ------------------------------------------------------------------------


def test_without_a_route_nothing_is_followed() -> None:
    assert way_of() == Way(False, TARGET, None, [])


def test_our_own_route_alone_leads_to_the_request_uri() -> None:
    assert way_of(OWN) == Way(True, TARGET, None, [])


def test_a_preloaded_route_that_is_only_ours_is_removed_and_not_followed() -> None:
    way = way_of(OWN, to="<sip:bob@example.com>")
    assert way == Way(False, TARGET, None, [])


def test_a_preloaded_route_through_us_is_followed() -> None:
    way = way_of(OWN, "<sip:p2.example.com;lr>", to="<sip:bob@example.com>")
    assert way == Way(True, TARGET, "sip:p2.example.com;lr", ["<sip:p2.example.com;lr>"])


def test_a_preloaded_request_for_ourselves_isnt_taken_for_a_strict_routers() -> None:
    way = way_of(
        OWN, "<sip:p2.example.com;lr>", uri="sip:bob@192.0.2.1", to="<sip:bob@example.com>"
    )
    assert way.uri == "sip:bob@192.0.2.1"
    assert way.next_hop == "sip:p2.example.com;lr"


@pytest.mark.parametrize("to", [IN_DIALOG, "<sip:bob@example.com>"])
def test_a_foreign_top_route_is_followed_and_stays(to: str) -> None:
    way = way_of("<sip:p2.example.com;lr>", to=to)
    assert way == Way(True, TARGET, "sip:p2.example.com;lr", ["<sip:p2.example.com;lr>"])


def test_a_strict_router_gets_its_uri_in_the_request_line_and_the_target_last() -> None:
    way = way_of(OWN, "<sip:p2.example.com>", "<sip:p3.example.com;lr>")
    assert way == Way(True, "sip:p2.example.com", None, ["<sip:p3.example.com;lr>", f"<{TARGET}>"])


def test_following_twice_gives_the_same() -> None:
    msg = in_script(request_bytes(f"Route: {OWN}, <sip:p2.example.com>", uri=TARGET, to=IN_DIALOG))
    follow_route(msg, RULES)
    first = msg.message.to_bytes()
    assert follow_route(msg, RULES)
    assert msg.message.to_bytes() == first


@pytest.mark.parametrize(
    "lr", ["lr", "LR", "lr=on", "Lr=On", "lr=yes", "ftag=a48s;lr", "lr;transport=tcp"]
)
def test_lr_is_recognised_in_any_case_with_and_without_value(lr: str) -> None:
    way = way_of(OWN, f"<sip:p2.example.com;{lr}>")
    assert way.next_hop == f"sip:p2.example.com;{lr}"


@pytest.mark.parametrize("param", ["lrx", "xlr", "transport=lr", "x=lr"])
def test_what_only_looks_like_lr_isnt(param: str) -> None:
    assert way_of(OWN, f"<sip:p2.example.com;{param}>").uri == f"sip:p2.example.com;{param}"


@pytest.mark.parametrize(
    "own",
    [
        "<sip:192.0.2.1>",
        "<sip:192.0.2.1:5060;lr>",
        "<sip:alice@192.0.2.1;ftag=a48s;lr=on>",
        "<sips:192.0.2.1;transport=tcp;lr>",
        "<sip:10.0.0.1;lr>",
        "<sip:[2001:DB8::1];lr>",
        '"us, ourselves" <sip:192.0.2.1;lr>',
        "us <sip:192.0.2.1;lr>;param=1",
    ],
)
def test_our_own_route_is_known_by_host_and_port(own: str) -> None:
    assert way_of(own) == Way(True, TARGET, None, [])


@pytest.mark.parametrize("foreign", ["sip:192.0.2.1:5080;lr", "sip:192.0.2.10;lr"])
def test_another_host_or_port_isnt_ours(foreign: str) -> None:
    assert way_of(f"<{foreign}>").next_hop == foreign


def test_a_uri_with_the_ignored_user_isnt_ours() -> None:
    rules = RULES._replace(ignored_user=b"gw")
    assert way_of("<sip:gw@192.0.2.1;lr>", rules=rules).next_hop == "sip:gw@192.0.2.1;lr"
    assert way_of("<sip:192.0.2.1;lr>", rules=rules).next_hop is None


def test_a_sip_uri_loses_what_a_request_uri_cant_hold() -> None:
    way = way_of(OWN, "<sip:p2.example.com;method=INVITE;x=y?Subject=z>")
    assert way.uri == "sip:p2.example.com;x=y"


# -- two headers of ours -------------------------------------------------------------------------

DOUBLE = ("<sip:10.0.0.1;r2=on;lr>", "<sip:192.0.2.1;r2=on;lr>")


def test_both_of_our_double_routes_are_removed() -> None:
    assert way_of(*DOUBLE) == Way(True, TARGET, None, [])


def test_both_are_removed_before_another_proxy() -> None:
    way = way_of(*DOUBLE, "<sip:p2.example.com;lr>")
    assert way.routes == ["<sip:p2.example.com;lr>"]
    assert way.next_hop == "sip:p2.example.com;lr"


def test_both_are_removed_from_a_preloaded_route() -> None:
    assert way_of(*DOUBLE, to="<sip:bob@example.com>") == Way(False, TARGET, None, [])


def test_a_second_route_that_isnt_ours_stays() -> None:
    way = way_of("<sip:10.0.0.1;r2=on;lr>", "<sip:203.0.113.1;r2=on;lr>")
    assert way.routes == ["<sip:203.0.113.1;r2=on;lr>"]
    assert way.next_hop == "sip:203.0.113.1;r2=on;lr"


def test_a_second_route_of_ours_without_r2_is_another_passage() -> None:
    way = way_of("<sip:10.0.0.1;r2=on;lr>", "<sip:192.0.2.1;lr>")
    assert way.routes == ["<sip:192.0.2.1;lr>"]


def test_without_double_routes_only_the_first_is_removed() -> None:
    way = way_of(*DOUBLE, rules=RULES._replace(double=False))
    assert way.next_hop == "sip:192.0.2.1;r2=on;lr"


# -- after a strict router -----------------------------------------------------------------------

STRICT = "sip:192.0.2.1;lr"


def test_after_a_strict_router_the_last_route_is_the_target() -> None:
    way = way_of(f"<{TARGET}>", uri=STRICT)
    assert way == Way(True, TARGET, None, [])


def test_after_a_strict_router_the_next_loose_one_is_the_next_hop() -> None:
    way = way_of("<sip:p2.example.com;lr>", f"<{TARGET}>", uri=STRICT)
    assert way == Way(True, TARGET, "sip:p2.example.com;lr", ["<sip:p2.example.com;lr>"])


def test_between_two_strict_routers() -> None:
    way = way_of("<sip:p2.example.com>", "<sip:p3.example.com>", f"<{TARGET}>", uri=STRICT)
    assert way == Way(True, "sip:p2.example.com", None, ["<sip:p3.example.com>", f"<{TARGET}>"])


def test_after_a_strict_router_the_second_of_our_double_route_is_removed() -> None:
    way = way_of("<sip:10.0.0.1;r2=on;lr>", "<sip:p2.example.com;lr>", f"<{TARGET}>", uri=STRICT)
    assert way == Way(True, TARGET, "sip:p2.example.com;lr", ["<sip:p2.example.com;lr>"])


def test_after_a_strict_router_without_another_route_the_script_must_know() -> None:
    assert way_of(OWN, uri=STRICT) == Way(False, STRICT, None, [])


def test_a_target_of_another_scheme_is_kept() -> None:
    assert way_of("<tel:+1-212-555-0100>", uri=STRICT).uri == "tel:+1-212-555-0100"


# -- the headers' text ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "headers_after"),
    [
        (f"Route: {OWN}, <sip:a;lr>,<sip:b;lr>", "Route: <sip:a;lr>,<sip:b;lr>"),
        (f"Route: {OWN} ,\r\n <sip:a;lr>", "Route: <sip:a;lr>"),
        (f"Route:{OWN}\r\nX: y\r\nRoute:<sip:a;lr>", "X: y\r\nRoute:<sip:a;lr>"),
        (f'ROUTE : "x, <y>" {OWN};p , "a" <sip:a;lr>;q', 'ROUTE : "a" <sip:a;lr>;q'),
        ("Route: <sip:10.0.0.1;r2;lr>, <sip:192.0.2.1;r2>, <sip:a;lr>", "Route: <sip:a;lr>"),
        (
            "Route: <sip:10.0.0.1;r2;lr>\r\nRoute: <sip:192.0.2.1;r2>, <sip:a;lr>",
            "Route: <sip:a;lr>",
        ),
    ],
)
def test_only_our_own_routes_are_cut_out(headers: str, headers_after: str) -> None:
    data = request_bytes(*headers.split("\r\n"), "Subject: x", to=IN_DIALOG)
    msg = in_script(data)
    assert follow_route(msg, RULES)
    assert msg.message.to_bytes() == data.replace(headers.encode(), headers_after.encode())


def test_first_and_last_of_one_header_are_cut_out() -> None:
    data = request_bytes(f"Route: {OWN}, <sip:a;lr> ,\r\n <sip:b;lr>, <{TARGET}>", to=IN_DIALOG)
    msg = in_script(data.replace(b"INVITE sip:bob@example.com", b"INVITE sip:192.0.2.1"))
    assert follow_route(msg, RULES)
    assert leaving(msg).headers(b"route") == [b"<sip:a;lr> ,\r\n <sip:b;lr>"]


def test_a_route_at_the_very_top_can_be_removed_below_a_new_header() -> None:
    data = request_bytes(to=IN_DIALOG).replace(b"Via:", b"Route: <sip:192.0.2.1;lr>\r\nVia:", 1)
    msg = in_script(data)
    assert follow_route(msg, RULES)
    position = msg.message.first_header_position
    msg.message.insert(position, b"Record-Route: <sip:192.0.2.1;lr>\r\n")
    left = leaving(msg)
    assert left.headers(b"route") == []
    assert left.headers(b"record-route") == [b"<sip:192.0.2.1;lr>"]


ELEMENTS = st.sampled_from(
    [
        "<sip:192.0.2.1;lr>",
        "<sip:10.0.0.1;r2=on;lr>",
        "<sip:192.0.2.1;r2=on;lr>",
        "<sip:p2.example.com;lr>",
        "<sip:p3.example.com>",
        '"a, <b>" <sip:p4.example.com;lr>;x="y, z"',
    ]
)
HEADERS = st.lists(
    st.tuples(st.lists(ELEMENTS, min_size=1, max_size=4), st.sampled_from([",", ", ", " ,\r\n "])),
    min_size=1,
    max_size=4,
)


@given(HEADERS, st.booleans(), st.booleans())
def test_what_leaves_are_the_elements_that_came_less_those_removed(
    headers: list[tuple[list[str], str]], in_dialog: bool, after_strict: bool
) -> None:
    came = [element for elements, _comma in headers for element in elements]
    uri = "sip:192.0.2.1;lr" if after_strict else TARGET
    lines = [f"Route: {comma.join(elements)}" for elements, comma in headers]
    data = request_bytes(
        *lines, "Subject: x", uri=uri, to=IN_DIALOG if in_dialog else "<sip:bob@example.com>"
    )
    msg = in_script(data)
    follow_route(msg, RULES)
    left = leaving(msg)
    assert isinstance(left, Request)
    stays = [left.buffer[route.start : route.end].decode() for route in read_routes(left)]
    if any(data.startswith(b"Route:") for _start, _end, data in msg.message.edits):
        assert stays.pop() == f"<{uri}>"  # the Request-URI, for a strict router
    assert "\0".join(stays) in "\0".join(came)
    assert len(came) - len(stays) <= 3
    assert [f[0] for f in left.fields if f[0] != b"route"] == [
        f[0] for f in msg.message.fields if f[0] != b"route"
    ]


@pytest.mark.parametrize(
    "route",
    [
        "sip:192.0.2.1;lr",
        "<sip:192.0.2.1;lr",
        "<>",
        "<sip:>",
        "<sip:192.0.2.1:99999;lr>",
        "<sip:192.0.2.1;lr>,",
        "<sip:192.0.2.1;lr>,,<sip:a;lr>",
        "",
        "rubbish",
    ],
)
def test_a_route_that_cant_be_read_is_a_parse_error(route: str) -> None:
    msg = in_script(request_bytes(f"Route: {route}", to=IN_DIALOG))
    with pytest.raises(ParseError):
        follow_route(msg, RULES)
    assert msg.message.edits == []


def test_routes_are_read_with_their_places() -> None:
    data = request_bytes("Route: <sip:a;lr> , x <sip:b>", "Route:<sip:c>")
    request = parse_message(data)
    assert isinstance(request, Request)
    routes = read_routes(request)
    assert [data[route.start : route.end] for route in routes] == [
        b"<sip:a;lr>",
        b"x <sip:b>",
        b"<sip:c>",
    ]
    assert [route.uri for route in routes] == [b"sip:a;lr", b"sip:b", b"sip:c"]


def test_removing_nothing_edits_nothing() -> None:
    request = parse_message(request_bytes("Route: <sip:a;lr>"))
    assert isinstance(request, Request)
    routes: list[Route] = read_routes(request)
    remove_routes(request, routes, 0)
    assert request.edits == []


def test_a_thousand_routes_take_no_time_to_speak_of() -> None:
    routes = ", ".join(f"<sip:p{n}.example.com;lr>" for n in range(1000))
    assert way_of(OWN, routes).next_hop == "sip:p0.example.com;lr"


@pytest.mark.parametrize(
    ("uri", "as_target"),
    [
        (b"sip:a@b;lr", b"sip:a@b;lr"),
        (b"sip:a@b?X=y", b"sip:a@b"),
        (b"sip:a@b;METHOD=BYE;c=d?X=y", b"sip:a@b;c=d"),
        (b"sip:a@b;methods=BYE", b"sip:a@b;methods=BYE"),
        (b"tel:+1;method=x", b"tel:+1;method=x"),
    ],
)
def test_as_request_uri(uri: bytes, as_target: bytes) -> None:
    assert as_request_uri(parse_uri(uri)) == as_target

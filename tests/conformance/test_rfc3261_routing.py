"""Route and Record-Route (RFC 3261 §16.4, §16.6 steps 4 to 6, §16.12; RFC 5658)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.conformance.calls import Call, place_call, ringing
from tests.conformance.proxy import RunningProxy, come_by_now
from tests.support.sip_peer import Peer, in_dialog
from tests.support.sip_reading import Message


@contextmanager
def answered(call: Call) -> Iterator[Message]:
    """The call's 200, as the caller gets it."""
    call.answer(200)
    yield call.caller.response(200, "INVITE")


def back_in_dialog(callee: Peer, method: str, invite: Message) -> str:
    """A request of the callee's: its route set is the INVITE's Record-Route as it is (§12.1.1)."""
    return callee.request(
        method,
        invite.header("contact").strip("<>"),
        call_id=invite.header("call-id"),
        from_tag="b0",
        to=invite.header("from"),
        headers=[f"Route: {value}" for value in invite.values("record-route")],
    )


def mid_dialog(caller: Peer, uri: str, *routes: str, method: str = "BYE") -> str:
    """A request with a To tag and these Route lines."""
    return caller.request(
        method, uri, to=f"<{uri}>;tag=theirs", headers=[f"Route: {x}" for x in routes]
    )


def arrives(caller: Peer, callee: Peer, text: str) -> Message:
    """Send a request that isn't INVITE, and have it answered where it arrives."""
    caller.send(text)
    request = callee.receive(text.split()[0])
    callee.reply(request, 200)
    caller.response(200, text.split()[0])
    return request


def test_a_dialog_runs_through_us_both_ways(proxy: RunningProxy) -> None:
    with ringing(proxy) as call, answered(call) as ok:
        call.caller.send(in_dialog(call.caller, "ACK", call.text, ok))
        acknowledgement = call.callee.receive("ACK")
        assert acknowledgement.uri == call.callee.uri
        assert acknowledgement.headers("route") == []
        assert len(acknowledgement.values("via")) == 2
        info = arrives(call.callee, call.caller, back_in_dialog(call.callee, "INFO", call.invite))
        assert info.uri == call.caller.uri
        assert info.headers("route") == []
        bye = arrives(call.caller, call.callee, in_dialog(call.caller, "BYE", call.text, ok))
        assert bye.uri == call.callee.uri


def test_the_response_carries_the_record_route_back(proxy: RunningProxy) -> None:
    with ringing(proxy) as call, answered(call) as ok:
        assert ok.headers("record-route") == call.invite.headers("record-route")


def test_our_own_route_is_taken_off(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as callee:
        text = mid_dialog(caller, callee.uri, f"<sip:{proxy.target};lr>")
        request = arrives(caller, callee, text)
        assert request.headers("route") == []
        assert request.uri == callee.uri


@pytest.mark.parametrize(
    "route",
    [
        "<sip:{proxy};lr=on>",
        "<sip:{proxy};lr;ftag=x;odd=1>",
        '"A name, with a comma" <sip:{proxy};lr>',
        "<SIP:{proxy};LR>",
        "  <sip:someone@{proxy};lr> ;header-param=1 ",
        "<sip:{proxy};transport=udp;lr>",
    ],
)
def test_our_own_route_is_known_however_it_is_written(proxy: RunningProxy, route: str) -> None:
    with proxy.peer() as caller, proxy.peer() as callee:
        text = mid_dialog(caller, callee.uri, route.format(proxy=proxy.target))
        assert arrives(caller, callee, text).headers("route") == []


@pytest.mark.parametrize("separator", [", ", ",", ",\r\n  ", "\r\nRoute: "])
def test_a_loose_next_hop_gets_the_request_with_its_route(
    proxy: RunningProxy, separator: str
) -> None:
    # §16.6 steps 6 and 7: sent to the topmost Route, which stays; the Request-URI stays, too.
    with proxy.peer() as caller, proxy.peer() as next_hop:
        routes = [
            f"<sip:{proxy.target};lr>",
            f"<sip:{next_hop.host_port};lr>",
            "<sip:192.0.2.9;lr>",
        ]
        text = mid_dialog(caller, "sip:far@192.0.2.10", separator.join(routes))
        request = arrives(caller, next_hop, text)
        assert request.uri == "sip:far@192.0.2.10"
        assert request.values("route") == routes[1:]


def test_a_foreign_route_on_top_is_followed(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as next_hop:
        route = f"<sip:{next_hop.host_port};lr>"
        request = arrives(caller, next_hop, mid_dialog(caller, "sip:far@192.0.2.10", route))
        assert request.values("route") == [route]


def test_a_strict_next_hop_gets_itself_as_request_uri(proxy: RunningProxy) -> None:
    # §16.6 step 6: the Request-URI becomes the last Route, the first Route the Request-URI.
    with proxy.peer() as caller, proxy.peer() as next_hop:
        strict = f"sip:{next_hop.host_port};strict=yes"
        routes = [f"<sip:{proxy.target};lr>", f"<{strict}>", "<sip:192.0.2.9;lr>"]
        request = arrives(caller, next_hop, mid_dialog(caller, "sip:far@192.0.2.10", *routes))
        assert request.uri == strict
        assert request.values("route") == ["<sip:192.0.2.9;lr>", "<sip:far@192.0.2.10>"]


def test_what_a_strict_router_did_before_us_is_undone(proxy: RunningProxy) -> None:
    # §16.4: our own URI as Request-URI; the true one is the last Route.
    with proxy.peer() as caller, proxy.peer() as callee:
        text = mid_dialog(caller, f"sip:{proxy.target};lr", f"<{callee.uri}>")
        request = arrives(caller, callee, text)
        assert request.uri == callee.uri
        assert request.headers("route") == []


def test_behind_a_strict_router_the_other_routes_count(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as next_hop:
        hop = f"<sip:{next_hop.host_port};lr>"
        text = mid_dialog(caller, f"sip:{proxy.target};lr", hop, "<sip:far@192.0.2.10>")
        request = arrives(caller, next_hop, text)
        assert request.uri == "sip:far@192.0.2.10"
        assert request.values("route") == [hop]


def test_a_strict_router_that_left_our_route_on_top_is_understood(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as callee:
        ours = f"sip:{proxy.target};lr"
        text = mid_dialog(caller, ours, f"<{ours}>", f"<{callee.uri}>")
        request = arrives(caller, callee, text)
        assert request.uri == callee.uri
        assert request.headers("route") == []


def test_a_preloaded_route_to_us_leads_to_our_user(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as callee:
        callee.register()
        call = place_call(caller, callee, headers=[f"Route: <sip:{proxy.target};lr>"])
        assert call.invite.headers("route") == []
        assert call.invite.uri == callee.uri
        call.end()


def test_a_preloaded_route_beyond_us_is_followed(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as next_hop:
        hop = f"<sip:{next_hop.host_port};lr>"
        routes = [f"Route: <sip:{proxy.target};lr>", f"Route: {hop}"]
        caller.send(caller.request("INVITE", "sip:far@192.0.2.10", headers=routes))
        request = next_hop.receive("INVITE")
        assert request.uri == "sip:far@192.0.2.10"
        assert request.values("route") == [hop]
        assert len(request.headers("record-route")) == 1
        next_hop.reply(request, 480)
        caller.response(480)


def test_an_ack_follows_its_routes(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as next_hop:
        hop = f"<sip:{next_hop.host_port};lr>"
        text = mid_dialog(
            caller, "sip:far@192.0.2.10", f"<sip:{proxy.target};lr>", hop, method="ACK"
        )
        caller.send(text)
        assert next_hop.receive("ACK").values("route") == [hop]


@pytest.mark.parametrize(
    "route",
    ["sip:192.0.2.1;lr", "<sip:192.0.2.1;lr", "<sip:a b;lr>", "<>", "", '"open <sip:192.0.2.1;lr>'],
)
def test_a_route_that_cannot_be_read_goes_nowhere_and_does_no_harm(
    proxy: RunningProxy, route: str
) -> None:
    with proxy.peer() as caller:
        caller.send(mid_dialog(caller, f"sip:nobody@{proxy.target}", route))
        assert caller.final_response().status >= 400


def crossing(
    proxy: RunningProxy, stack: ExitStack, one: dict[str, str], other: dict[str, str]
) -> Call:
    """A call from a phone of one kind to one of another."""
    callee = stack.enter_context(proxy.peer(**one))
    callee.register()
    caller = stack.enter_context(proxy.peer(**other))
    text = caller.request("INVITE", f"sip:{callee.user}@{caller.proxy}")
    caller.send(text)
    return Call(caller, (callee,), text, (callee.receive("INVITE"),))


UDP, TCP = {"transport": "udp"}, {"transport": "tcp"}
UDP6, TCP6 = {"transport": "udp", "host": "::1"}, {"transport": "tcp", "host": "::1"}
CROSSINGS = [(UDP, TCP), (TCP, UDP), (UDP, UDP6), (UDP6, UDP), (TCP6, UDP), (UDP6, TCP)]
CROSSING_NAMES = ["tcp-udp", "udp-tcp", "udp6-udp", "udp-udp6", "udp-tcp6", "tcp-udp6"]


@pytest.mark.parametrize(("one", "other"), CROSSINGS, ids=CROSSING_NAMES)
def test_who_crosses_over_gets_both_our_addresses(
    proxy: RunningProxy, one: dict[str, str], other: dict[str, str]
) -> None:
    # RFC 5658: each side sees the address that it can reach.
    with ExitStack() as stack:
        call = crossing(proxy, stack, one, other)
        outer, inner = call.invite.values("record-route")
        assert f"sip:{call.callee.proxy};" in outer
        assert f"sip:{call.caller.proxy};" in inner
        assert (";transport=tcp" in outer) == (call.callee.transport == "tcp")
        assert (";transport=tcp" in inner) == (call.caller.transport == "tcp")
        call.answer(480)
        call.acknowledge(call.caller.response(480))


@pytest.mark.parametrize(("one", "other"), CROSSINGS, ids=CROSSING_NAMES)
def test_a_dialog_crosses_over_both_ways(
    proxy: RunningProxy, one: dict[str, str], other: dict[str, str]
) -> None:
    with ExitStack() as stack:
        call = crossing(proxy, stack, one, other)
        ok = stack.enter_context(answered(call))
        call.caller.send(in_dialog(call.caller, "ACK", call.text, ok))
        assert call.callee.receive("ACK").headers("route") == []
        info = back_in_dialog(call.callee, "INFO", call.invite)
        assert arrives(call.callee, call.caller, info).headers("route") == []
        bye = in_dialog(call.caller, "BYE", call.text, ok)
        assert arrives(call.caller, call.callee, bye).headers("route") == []


def test_who_stays_on_one_side_gets_one_address(proxy: RunningProxy) -> None:
    with ringing(proxy, transport="tcp") as call:
        assert len(call.invite.values("record-route")) == 1
        assert ";transport=tcp" in call.invite.header("record-route")
        call.end()


def test_a_target_that_cannot_be_resolved_is_answered(proxy: RunningProxy) -> None:
    with proxy.peer() as caller:
        caller.send(mid_dialog(caller, "sip:x@nowhere.invalid", f"<sip:{proxy.target};lr>"))
        assert 400 <= caller.final_response(timeout=15).status < 700


def test_a_second_route_that_is_not_ours_is_never_skipped(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as next_hop:
        foreign = f"<sip:{next_hop.host_port};lr;r2=on>"
        routes = [f"<sip:{proxy.target};lr;r2=on>", foreign]
        request = arrives(caller, next_hop, mid_dialog(caller, "sip:far@192.0.2.10", *routes))
        assert request.values("route") == [foreign]


def test_a_request_between_two_dialog_partners_is_seen_once(proxy: RunningProxy) -> None:
    with ringing(proxy) as call, answered(call) as ok:
        bye = in_dialog(call.caller, "BYE", call.text, ok)
        arrives(call.caller, call.callee, bye)
        assert [x.method for x in come_by_now(proxy, call.callee) if x.is_request] == []

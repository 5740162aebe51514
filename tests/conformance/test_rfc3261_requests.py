"""What a stateful proxy does with a request (RFC 3261 §16.3, §16.5, §16.6)."""

from __future__ import annotations

import re

import pytest

from tests.conformance.calls import branch_of, place_call, ringing
from tests.conformance.forwarded import as_it_came, hops, without_hops
from tests.conformance.proxy import RunningProxy, come_by_now, comes_until_marker
from tests.support.sip_peer import new_branch, new_call_id
from tests.support.sip_reading import Message


def relayed(
    proxy: RunningProxy, method: str = "MESSAGE", *, max_forwards: int | None = 70, body: str = ""
) -> Message:
    """A request as it arrives at a registered user."""
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        uri = f"sip:{callee.user}@{proxy.target}"
        caller.send(caller.request(method, uri, max_forwards=max_forwards, body=body))
        request = callee.receive(method)
        callee.reply(request, 200)
        assert (
            caller.response(200, method)
            .values("via")[0]
            .startswith(f"SIP/2.0/UDP {caller.host_port}")
        )
        return request


def refusal(proxy: RunningProxy, method: str = "OPTIONS", **changes: object) -> Message:
    """What a request that goes nowhere is answered."""
    with proxy.peer() as caller:
        uri = f"sip:nobody@{proxy.target}"
        caller.send(caller.request(method, uri, **changes))  # type: ignore[arg-type]
        return caller.final_response()


@pytest.mark.parametrize(("came", "leaves"), [(70, 69), (2, 1), (1, 0)])
def test_max_forwards_is_decremented_by_one(proxy: RunningProxy, came: int, leaves: int) -> None:
    assert relayed(proxy, max_forwards=came).headers("max-forwards") == [str(leaves)]


def test_max_forwards_is_added_where_it_is_missing(proxy: RunningProxy) -> None:
    assert hops(relayed(proxy, max_forwards=None).raw) == 10


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "BYE", "MESSAGE", "REGISTER"])
def test_max_forwards_zero_is_answered_483(proxy: RunningProxy, method: str) -> None:
    assert refusal(proxy, method, max_forwards=0).status == 483


def test_max_forwards_above_70_never_leaves_higher(proxy: RunningProxy) -> None:
    left = hops(relayed(proxy, max_forwards=255).raw)
    assert left is not None
    assert left <= 254


@pytest.mark.parametrize("value", ["-1", "256", "1.5", "seventy", "", "7 0"])
def test_max_forwards_that_is_no_number_is_a_bad_request(proxy: RunningProxy, value: str) -> None:
    bad = [f"Max-Forwards: {value}"]
    assert refusal(proxy, max_forwards=None, headers=bad).status == 400


def test_an_unknown_method_is_passed_on(proxy: RunningProxy) -> None:
    assert relayed(proxy, "DANCE").first_line.startswith("DANCE sip:")


def test_everything_else_leaves_byte_for_byte(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        text = caller.request(
            "MESSAGE",
            callee.uri,
            headers=["x-Odd :  spaced\r\n  folded ", "Subject:", "k:a,b", "Subject: again"],
            body="\r\n\0 any bytes \r\n",
        )
        caller.send(text)
        request = callee.receive("MESSAGE")
        callee.reply(request, 200)
        came = as_it_came(request.raw, proxy.target, caller.host)
        assert came == without_hops(text.encode())


def test_the_request_uri_becomes_the_contact_and_to_stays(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        assert call.invite.uri == call.callee.uri
        assert call.invite.header("to") == f"<sip:{call.callee.user}@{proxy.target}>"
        call.end()


def test_what_may_not_stand_in_a_request_uri_is_left_out_of_it(proxy: RunningProxy) -> None:
    # §16.6 step 2 with §19.1.1: no method parameter and no headers.
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register(contact=f"<{callee.uri};x=1;method=BYE?Subject=hello>")
        call = place_call(caller, callee)
        assert call.invite.uri == f"{callee.uri};x=1"
        call.end()


def test_our_via_stands_on_top_with_a_branch_of_its_own(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        top, second = call.invite.values("via")
        assert top.startswith(f"SIP/2.0/UDP {proxy.target};branch=z9hG4bK")
        assert branch_of(call.invite) not in call.text
        assert second.startswith(f"SIP/2.0/UDP {call.caller.host_port};branch=")
        call.end()


def test_a_retransmission_is_not_passed_on(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.caller.send(call.text)
        call.caller.response(100)
        call.answer(180)
        call.caller.response(180)
        call.caller.send(call.text)
        call.caller.response(180)
        assert [x.method for x in come_by_now(proxy, call.callee)] == []
        call.end()


def test_a_request_of_rfc_2543_without_branch_is_matched_with_its_repetition(
    proxy: RunningProxy,
) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        uri = f"sip:{callee.user}@{proxy.target}"
        text = re.sub(r";branch=[^\r]*", "", caller.request("INVITE", uri))
        caller.send(text)
        invite = callee.receive("INVITE")
        caller.send(text)
        assert [x.first_line for x in come_by_now(proxy, callee)] == []
        callee.reply(invite, 486)
        assert caller.final_response().status == 486


def test_two_requests_never_share_a_branch(proxy: RunningProxy) -> None:
    branches = {branch_of(relayed(proxy)) for _ in range(5)}
    assert len(branches) == 5


def test_a_sent_by_that_is_not_the_source_gets_received(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        call = place_call(caller, callee, via=f"SIP/2.0/UDP phone.invalid:{caller.port}")
        assert ";received=127.0.0.1" in call.invite.values("via")[1]
        call.end()


def test_rport_is_filled_in(proxy: RunningProxy) -> None:
    # RFC 3581 §4: with received, even where the sent-by is the source.
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        call = place_call(caller, callee, via=f"SIP/2.0/UDP {caller.host}:5099;rport")
        via = call.invite.values("via")[1]
        assert f";rport={caller.port}" in via
        assert ";received=127.0.0.1" in via
        call.end()


def test_record_route_stands_on_top_and_leads_back_to_us(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        call = place_call(caller, callee, headers=["Record-Route: <sip:192.0.2.1;lr>"])
        ours, theirs = call.invite.headers("record-route")
        assert re.fullmatch(rf"<sip:{re.escape(proxy.target)}(;[^>]*)?;lr(=on)?>", ours)
        assert theirs == "<sip:192.0.2.1;lr>"
        call.end()


def test_an_unsupported_proxy_require_is_answered_420(proxy: RunningProxy) -> None:
    # §16.3 step 5, §20.29
    reply = refusal(proxy, headers=["Proxy-Require: foo, bar"])
    assert reply.status == 420
    assert reply.values("unsupported") == ["foo", "bar"]


def test_require_is_none_of_our_business(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        call = place_call(caller, callee, headers=["Require: foo"])
        assert call.invite.header("require") == "foo"
        call.end()


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "SUBSCRIBE", "DANCE"])
def test_a_final_response_of_ours_has_a_to_tag(proxy: RunningProxy, method: str) -> None:
    reply = refusal(proxy, method)
    assert reply.status == 404
    assert reply.to_tag


def test_a_local_response_copies_what_it_must(proxy: RunningProxy) -> None:
    # §8.2.6.2: Via in order, From, Call-ID, CSeq and To are those of the request.
    call_id, branch = new_call_id(), new_branch()
    with proxy.peer() as caller:
        more = ["Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2, SIP/2.0/TCP 192.0.2.2"]
        uri = f"sip:nobody@{proxy.target}"
        text = caller.request("OPTIONS", uri, call_id=call_id, branch=branch, cseq=7, headers=more)
        caller.send(text)
        reply = caller.final_response()
        sent_by = f"SIP/2.0/UDP {caller.host_port};branch={branch}"
    assert reply.header("call-id") == call_id
    assert reply.header("cseq") == "7 OPTIONS"
    assert reply.header("from") == f"<sip:{caller.user}@{proxy.target}>;tag=a"
    assert reply.values("via") == [
        sent_by,
        "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2",
        "SIP/2.0/TCP 192.0.2.2",
    ]


def test_a_repeated_request_gets_the_same_to_tag(proxy: RunningProxy) -> None:
    # §8.2.7: a stateless UAS must give the same tag to each retransmission.
    with proxy.peer() as caller:
        text = caller.request("OPTIONS", f"sip:nobody@{proxy.target}")
        caller.send(text)
        caller.send(text)
        assert caller.response(404).to_tag == caller.response(404).to_tag


def test_a_to_tag_that_is_there_stays(proxy: RunningProxy) -> None:
    to = f"<sip:nobody@{proxy.target}>;tag=mine"
    assert refusal(proxy, to=to).to_tag == "mine"


def test_a_foreign_domain_is_passed_on_without_a_look_at_our_users(proxy: RunningProxy) -> None:
    with proxy.peer() as elsewhere, proxy.peer() as caller:
        caller.send(caller.request("OPTIONS", f"sip:nobody@{elsewhere.host_port}"))
        request = elsewhere.receive("OPTIONS")
        assert request.uri == f"sip:nobody@{elsewhere.host_port}"
        elsewhere.reply(request, 200)
        caller.response(200)


def test_a_name_of_this_host_is_resolved(proxy: RunningProxy) -> None:
    with proxy.peer() as elsewhere, proxy.peer() as caller:
        caller.send(caller.request("OPTIONS", f"sip:x@localhost:{elsewhere.port}"))
        request = elsewhere.receive("OPTIONS")
        elsewhere.reply(request, 200)
        caller.response(200)


def test_a_name_that_nobody_has_is_unresolvable(proxy: RunningProxy) -> None:
    with proxy.peer() as caller:
        caller.send(caller.request("OPTIONS", "sip:x@nowhere.invalid"))
        assert caller.final_response(timeout=15).status in (404, 478, 480, 500, 503)


def test_sips_is_not_sent_in_the_clear(proxy: RunningProxy) -> None:
    with proxy.peer() as elsewhere, proxy.peer() as caller:
        caller.send(caller.request("OPTIONS", f"sips:x@{elsewhere.host_port}"))
        assert caller.final_response().status >= 400
        assert come_by_now(proxy, elsewhere) == []


def test_an_ack_is_never_answered(proxy: RunningProxy) -> None:
    with proxy.peer() as caller:
        for uri in (f"sip:nobody@{proxy.target}", "sip:x@nowhere.invalid", "nonsense:x"):
            for max_forwards in (70, 0):
                caller.send(caller.request("ACK", uri, max_forwards=max_forwards))
        assert comes_until_marker(caller) == []


def test_an_ack_nobody_knows_does_not_circle(proxy: RunningProxy) -> None:
    before = proxy.count_of("core.requests")
    with proxy.peer() as caller:
        caller.send(caller.request("ACK", f"sip:nobody@{proxy.target}"))
        comes_until_marker(caller)
    assert proxy.count_of("core.requests") - before <= 3

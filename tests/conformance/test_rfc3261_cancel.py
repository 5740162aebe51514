"""CANCEL (RFC 3261 §9, §16.10)."""

from __future__ import annotations

from tests.conformance.calls import branch_of, place_call, ringing
from tests.conformance.proxy import RunningProxy, come_by_now, comes_until_marker
from tests.support.sip_peer import cancel
from tests.support.sip_reading import Message


def of_callee(messages: list[Message]) -> list[str]:
    return [message.method for message in messages if message.is_request]


def test_a_cancel_is_answered_at_once_and_goes_where_the_invite_went(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(180)
        call.caller.response(180)
        call.caller.send(cancel(call.text))
        ok = call.caller.response(200, "CANCEL")
        came = call.callee.receive("CANCEL")
        call.callee.reply(came, 200)
        call.answer(487)
        call.callee.receive("ACK")
        call.acknowledge(call.caller.response(487, "INVITE"))
    assert ok.to_tag
    # §9.1: Request-URI, Call-ID, To, CSeq number and From as in the INVITE; one Via, its branch.
    assert came.uri == call.invite.uri
    for name in ("call-id", "to", "from"):
        assert came.header(name) == call.invite.header(name)
    assert came.header("cseq") == "1 CANCEL"
    assert came.values("via") == call.invite.values("via")[:1]
    assert came.header("require") == came.header("proxy-require") == ""


def test_the_cancel_has_the_routes_of_the_invite(proxy: RunningProxy) -> None:
    with proxy.peer() as caller, proxy.peer() as next_hop:
        hop = f"<sip:{next_hop.host_port};lr>"
        text = caller.request("INVITE", "sip:far@192.0.2.10", headers=[f"Route: {hop}"])
        caller.send(text)
        invite = next_hop.receive("INVITE")
        next_hop.reply(invite, 180)
        caller.response(180)
        caller.send(cancel(text))
        came = next_hop.receive("CANCEL")
        assert came.values("route") == [hop]
        next_hop.reply(came, 200)
        next_hop.reply(invite, 487)
        assert caller.response(487).status == 487


def test_a_cancel_before_any_response_waits_for_one(proxy: RunningProxy) -> None:
    # §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent".
    with ringing(proxy) as call:
        call.caller.send(cancel(call.text))
        call.caller.response(200, "CANCEL")
        assert of_callee(come_by_now(proxy, call.callee)) == []
        call.answer(180)
        came = call.callee.receive("CANCEL")
        assert branch_of(came) == branch_of(call.invite)
        call.callee.reply(came, 200)
        call.answer(487)
        call.acknowledge(call.caller.response(487))


def test_a_cancel_that_waits_is_needless_once_there_is_a_final_response(
    proxy: RunningProxy,
) -> None:
    with ringing(proxy) as call:
        call.caller.send(cancel(call.text))
        call.caller.response(200, "CANCEL")
        call.answer(486)
        call.acknowledge(call.caller.response(486))
        assert of_callee(come_by_now(proxy, call.callee)) == ["ACK"]


def test_a_repeated_cancel_is_answered_again_and_sent_once(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(180)
        call.caller.send(cancel(call.text))
        first = call.caller.response(200, "CANCEL")
        call.callee.reply(call.callee.receive("CANCEL"), 200)
        call.caller.send(cancel(call.text))
        assert call.caller.response(200, "CANCEL").to_tag == first.to_tag
        assert of_callee(come_by_now(proxy, call.callee)) == []
        call.end()


def test_a_cancel_that_comes_too_late_does_nothing(proxy: RunningProxy) -> None:
    # §9.2: answered, but the 2xx stands.
    with ringing(proxy) as call:
        call.answer(200)
        call.caller.response(200, "INVITE")
        call.caller.send(cancel(call.text))
        assert call.caller.final_response().status in (200, 481)
        assert of_callee(come_by_now(proxy, call.callee)) == []


def test_a_2xx_that_crosses_the_cancel_wins(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(180)
        call.caller.response(180)
        call.caller.send(cancel(call.text))
        call.caller.response(200, "CANCEL")
        call.answer(200)
        assert call.caller.response(200, "INVITE").to_tag == "b0"


def test_a_cancel_finds_a_callee_who_has_unregistered_since(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(180)
        call.callee.register(expires=0)
        call.caller.send(cancel(call.text))
        call.callee.reply(call.callee.receive("CANCEL"), 200)
        call.answer(487)
        call.acknowledge(call.caller.response(487))


def test_a_cancel_goes_to_all_branches_that_still_ring(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=3) as call:
        call.answer(180, 0)
        call.answer(180, 1)
        call.answer(486, 2)
        call.callees[2].receive("ACK")
        call.caller.send(cancel(call.text))
        call.caller.response(200, "CANCEL")
        for number in (0, 1):
            came = call.callees[number].receive("CANCEL")
            assert branch_of(came) == branch_of(call.invites[number])
            call.callees[number].reply(came, 200)
            call.answer(487, number)
        assert of_callee(come_by_now(proxy, call.callees[2])) == []
        reply = call.caller.final_response()
        while reply.cseq_method == "CANCEL":
            reply = call.caller.final_response()
        call.acknowledge(reply)
        assert reply.status in (486, 487)


def test_an_unanswered_cancel_is_repeated(proxy: RunningProxy) -> None:
    # Timer E: to the next hop it is a request of its own.
    with ringing(proxy) as call:
        call.answer(180)
        call.caller.send(cancel(call.text))
        first = call.callee.receive("CANCEL")
        again = call.callee.receive("CANCEL")
        assert again.raw == first.raw
        call.callee.reply(again, 200)
        call.end()


def test_the_answer_to_our_cancel_is_ours_alone(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(180)
        call.caller.response(180)
        call.caller.send(cancel(call.text))
        call.caller.response(200, "CANCEL")
        call.callee.reply(call.callee.receive("CANCEL"), 481)
        assert comes_until_marker(call.caller) == []
        call.end()


def test_a_cancel_for_nothing_we_know_is_passed_on_or_refused(proxy: RunningProxy) -> None:
    # §16.10: passed on statelessly; hello world asks its location table where to.
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        invite = caller.request("INVITE", f"sip:{callee.user}@{proxy.target}")
        caller.send(cancel(invite))
        came = callee.receive("CANCEL")
        callee.reply(came, 481)
        assert caller.response(481, "CANCEL").to_tag == "b"


def test_a_cancel_of_another_branch_cancels_nothing(proxy: RunningProxy) -> None:
    # §9.2: it matches by the topmost Via, so nobody cancels a stranger's call by its Call-ID.
    with ringing(proxy) as call, proxy.peer() as stranger:
        call.answer(180)
        call.caller.response(180)
        own = call.text.replace(call.caller.host_port + ";branch=", stranger.host_port + ";branch=")
        other = cancel(own).replace("branch=z9hG4bK", "branch=z9hG4bKother")
        stranger.send(other)
        passed_on = call.callee.receive("CANCEL")
        assert branch_of(passed_on) != branch_of(call.invite)
        call.callee.reply(passed_on, 481)
        stranger.response(481, "CANCEL")
        call.end()


def test_a_cancel_with_our_branch_but_another_sent_by_is_another_request(
    proxy: RunningProxy,
) -> None:
    # §17.2.3 rule 2
    with ringing(proxy) as call, proxy.peer() as stranger:
        call.answer(180)
        call.caller.response(180)
        text = cancel(call.text).replace(call.caller.host_port, stranger.host_port)
        stranger.send(text)
        passed_on = call.callee.receive("CANCEL")
        assert branch_of(passed_on) != branch_of(call.invite)
        call.callee.reply(passed_on, 481)
        stranger.response(481, "CANCEL")
        call.end()


def test_a_second_call_after_a_cancel_is_a_call_of_its_own(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(180)
        call.caller.send(cancel(call.text))
        call.callee.reply(call.callee.receive("CANCEL"), 200)
        call.answer(487)
        call.acknowledge(call.caller.response(487))
        again = place_call(call.caller, call.callee)
        assert branch_of(again.invite) != branch_of(call.invite)
        again.end()

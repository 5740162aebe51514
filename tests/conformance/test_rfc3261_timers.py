"""What a proxy does by itself when nothing comes (RFC 3261 §16.8, §17): timers that a test can wait
for, since T1 is half a second and the hasty proxy gives up after one."""

from __future__ import annotations

import time

from tests.conformance.calls import Call, place_call, ringing
from tests.conformance.proxy import RunningProxy, come_by_now, comes_until_marker
from tests.support.sip_peer import Peer

T1 = 0.5
TOLERANCE = 0.35
"""Seconds that a timer may be late on a busy machine."""


def test_an_unanswered_invite_is_repeated_over_udp(proxy: RunningProxy) -> None:
    # Timer A (§17.1.1.2): the same bytes after T1.
    with ringing(proxy) as call:
        began = time.monotonic()
        again = call.callee.receive("INVITE")
        assert T1 - 0.1 <= time.monotonic() - began <= T1 + TOLERANCE
        assert again.raw == call.invite.raw
        call.end()


def test_an_unanswered_request_is_repeated_over_udp(proxy: RunningProxy) -> None:
    # Timer E (§17.1.2.2)
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        caller.send(caller.request("MESSAGE", f"sip:{callee.user}@{proxy.target}"))
        first = callee.receive("MESSAGE")
        began = time.monotonic()
        again = callee.receive("MESSAGE")
        assert T1 - 0.1 <= time.monotonic() - began <= T1 + TOLERANCE
        assert again.raw == first.raw
        callee.reply(again, 200)
        caller.response(200, "MESSAGE")


def answered_after(call: Call, seconds: float) -> None:
    """The 408 comes after about so many seconds."""
    began = time.monotonic()
    reply = call.caller.final_response()
    call.acknowledge(reply)
    assert reply.status == 408
    assert seconds - 0.3 <= time.monotonic() - began <= seconds + 1


def test_nothing_is_repeated_once_there_is_a_response(proxy: RunningProxy) -> None:
    with ringing(proxy) as call, ringing(proxy) as other:
        call.answer(100)
        other.callee.receive("INVITE")  # repeated after T1, when the first would have been, too
        assert come_by_now(proxy, call.callee) == []
        call.end()
        other.end()


def test_nothing_is_repeated_over_tcp(proxy: RunningProxy) -> None:
    with ringing(proxy, transport="tcp") as call, ringing(proxy) as other:
        call.answer(486)
        reply = call.caller.response(486)
        with ringing(proxy, transport="tcp") as silent:
            other.callee.receive("INVITE")
            other.callee.receive("INVITE")
            assert come_by_now(proxy, silent.callee) == []
            silent.end()
        assert come_by_now(proxy, call.caller) == [], "the 486 was repeated (Timer G)"
        call.acknowledge(reply)
        other.end()


def test_a_final_response_is_repeated_over_udp_until_the_ack(proxy: RunningProxy) -> None:
    # Timer G (§17.2.1)
    with ringing(proxy) as call, ringing(proxy) as other:
        call.answer(486)
        first = call.caller.response(486)
        assert call.caller.response(486, timeout=T1 + TOLERANCE).raw == first.raw
        call.acknowledge(first)
        other.callee.receive("INVITE")
        other.callee.receive("INVITE")
        assert comes_until_marker(call.caller) == []
        other.end()


def test_an_invite_that_nobody_answers_is_answered_408(hasty_proxy: RunningProxy) -> None:
    # Timer B, here fr_timer of one second
    with ringing(hasty_proxy) as call:
        answered_after(call, 1)


def test_a_call_that_rings_too_long_is_cancelled_and_answered_408(
    hasty_proxy: RunningProxy,
) -> None:
    # Timer C (§16.8), here fr_inv_timer of two seconds
    with ringing(hasty_proxy) as call:
        began = time.monotonic()
        call.answer(180)
        cancel = call.callee.receive("CANCEL")
        assert 1.7 <= time.monotonic() - began <= 3
        call.callee.reply(cancel, 200)
        call.answer(487)
        call.callee.receive("ACK")
        reply = call.caller.final_response()
        call.acknowledge(reply)
        assert reply.status in (408, 487)


def test_another_provisional_response_restarts_timer_c(hasty_proxy: RunningProxy) -> None:
    # §16.7 step 2
    with ringing(hasty_proxy) as call, ringing(hasty_proxy) as other:
        began = time.monotonic()
        call.answer(180)
        answered_after(other, 1)
        call.answer(183)
        call.callee.receive("CANCEL")
        assert time.monotonic() - began >= 2.7
        call.end()


def test_a_request_that_nobody_answers_is_not_answered_408(hasty_proxy: RunningProxy) -> None:
    # RFC 4320 §4.2
    with hasty_proxy.peer() as callee, hasty_proxy.peer() as caller, ringing(hasty_proxy) as call:
        callee.register()
        caller.send(caller.request("MESSAGE", f"sip:{callee.user}@{hasty_proxy.target}"))
        callee.receive("MESSAGE")
        answered_after(call, 1)
        with ringing(hasty_proxy) as second:  # begun later, so it ends later
            answered_after(second, 1)
        assert [x.status for x in comes_until_marker(caller) if x.status != 100] == []


def test_a_late_answer_to_a_request_is_not_passed_on(hasty_proxy: RunningProxy) -> None:
    # RFC 4320 §4.3: a late response to a non-INVITE request belongs to nothing.
    with hasty_proxy.peer() as callee, hasty_proxy.peer() as caller:
        callee.register()
        caller.send(caller.request("MESSAGE", f"sip:{callee.user}@{hasty_proxy.target}"))
        request = callee.receive("MESSAGE")
        _let_time_out(hasty_proxy, 3)
        callee.reply(request, 200)
        assert [x.status for x in comes_until_marker(caller) if x.status != 100] == []


def _let_time_out(proxy: RunningProxy, times: int) -> None:
    """Wait until so many INVITEs, one after the other, have timed out after a second each."""
    for _ in range(times):
        with ringing(proxy) as call:
            answered_after(call, 1)


def test_a_2xx_still_passes_after_some_time(hasty_proxy: RunningProxy) -> None:
    # RFC 6026: Accepted lasts for 64*T1, not for fr_timer.
    with ringing(hasty_proxy) as call, ringing(hasty_proxy) as other:
        call.answer(200)
        call.caller.response(200)
        answered_after(other, 1)
        call.answer(200)
        call.caller.response(200)


def test_a_silent_branch_does_not_hold_up_the_others_for_ever(hasty_proxy: RunningProxy) -> None:
    # §16.7 step 5: 408 stands in for the branch that never answered, and 486 is as good.
    with ringing(hasty_proxy, callees=2) as call:
        call.answer(486)
        began = time.monotonic()
        reply = call.caller.final_response()
        call.acknowledge(reply)
        assert reply.status in (408, 486)
        assert time.monotonic() - began <= 2


def test_an_address_where_nobody_listens_over_tcp_is_answered(hasty_proxy: RunningProxy) -> None:
    # §16.9: as if the branch had answered 503, which leaves as 500 (§16.7 step 6); SER says 477.
    with hasty_proxy.peer() as caller:
        uri = f"sip:x@127.0.0.1:{_free_port()};transport=tcp"
        caller.send(caller.request("INVITE", uri))
        assert caller.final_response().status in (477, 500)


def _free_port() -> int:
    with Peer("", "nobody", transport="tcp") as nobody:
        return nobody.port


def test_a_call_goes_on_when_time_has_passed_at_the_callee(hasty_proxy: RunningProxy) -> None:
    with hasty_proxy.peer() as callee, hasty_proxy.peer() as caller:
        callee.register()
        call = place_call(caller, callee)
        call.answer(180)
        _let_time_out(hasty_proxy, 1)
        call.answer(200)
        assert call.caller.response(200).header("contact") == f"<{callee.uri}>"

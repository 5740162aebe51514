"""Forking and the best response (RFC 3261 §16.6, §16.7)."""

from __future__ import annotations

import pytest

from tests.conformance.calls import Call, branch_of, ringing
from tests.conformance.proxy import RunningProxy, comes_until_marker, drain
from tests.support.sip_reading import Message


def finals(messages: list[Message]) -> list[int]:
    return [x.status for x in messages if not x.is_request and x.status >= 200]


def outcome(call: Call, *answers: int) -> Message:
    """All callees answer in this order; what the caller gets, and that only after the last one."""
    for number, status in enumerate(answers[:-1]):
        call.answer(status, number)
    assert finals(comes_until_marker(call.caller)) == []
    call.answer(answers[-1], len(answers) - 1)
    reply = call.caller.final_response()
    call.acknowledge(reply)
    return reply


def test_all_contacts_ring_at_once_each_in_a_branch_of_its_own(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=3) as call:
        assert len({branch_of(invite) for invite in call.invites}) == 3
        assert [x.uri for x in call.invites] == [callee.uri for callee in call.callees]
        assert len({x.header("call-id") for x in call.invites}) == 1
        call.end()


def test_provisional_responses_of_all_branches_are_passed_on(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=2) as call:
        call.answer(180, 0)
        call.answer(183, 1)
        assert call.caller.response(180).to_tag == "b0"
        assert call.caller.response(183).to_tag == "b1"
        call.end()


def test_who_answers_first_wins_and_the_others_are_cancelled(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=3) as call:
        for number in range(3):
            call.answer(180, number)
        call.answer(200, 1)
        assert call.caller.response(200).to_tag == "b1"
        for number in (0, 2):
            cancel = call.callees[number].receive("CANCEL")
            assert branch_of(cancel) == branch_of(call.invites[number])
            call.callees[number].reply(cancel, 200)
            call.answer(487, number)
            call.callees[number].receive("ACK")
        assert finals(comes_until_marker(call.caller)) == []
        assert [x.method for x in drain(call.callees[1])] == []


def test_a_second_2xx_is_passed_on_as_well(proxy: RunningProxy) -> None:
    # §16.7 step 5: every 2xx, also after a final response has been sent.
    with ringing(proxy, callees=2) as call:
        call.answer(180, 1)
        call.answer(200, 0)
        call.answer(200, 1)
        tags = {call.caller.response(200).to_tag for _ in range(2)}
        assert tags == {"b0", "b1"}


def test_a_branch_without_a_response_is_cancelled_once_it_rings(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=2) as call:
        call.answer(200, 0)
        call.caller.response(200)
        assert comes_until_marker(call.caller) == []
        assert drain(call.callees[1]) == []
        call.answer(180, 1)
        call.callees[1].reply(call.callees[1].receive("CANCEL"), 200)
        call.answer(487, 1)
        call.callees[1].receive("ACK")


@pytest.mark.parametrize(
    ("answers", "best"),
    [
        ((486, 404), (486, 404)),
        ((500, 486), (486,)),
        ((302, 486), (302,)),
        ((486, 302), (302,)),
        ((503, 500), (500,)),
        ((503, 404), (404,)),
        ((404, 401), (401,)),
        ((407, 486), (407,)),
        ((404, 415), (415,)),
        ((486, 420), (420,)),
        ((404, 484), (484,)),
        ((408, 486), (486, 408)),
    ],
)
def test_the_best_response_is_chosen(
    proxy: RunningProxy, answers: tuple[int, int], best: tuple[int, ...]
) -> None:
    # §16.7 step 6: lowest class; within 4xx those that help to try again, 401 407 415 420 484.
    with ringing(proxy, callees=2) as call:
        reply = outcome(call, *answers)
        assert reply.status in best


def test_the_best_response_leaves_as_it_came(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=2) as call:
        assert outcome(call, 500, 486).to_tag == "b1"


def test_a_6xx_ends_the_other_branches_and_is_the_answer(proxy: RunningProxy) -> None:
    # §16.7 steps 5 and 10
    with ringing(proxy, callees=3) as call:
        for number in range(3):
            call.answer(180, number)
        call.answer(302, 0)
        call.answer(603, 1)
        cancel = call.callees[2].receive("CANCEL")
        call.callees[2].reply(cancel, 200)
        call.answer(487, 2)
        reply = call.caller.final_response()
        call.acknowledge(reply)
        assert reply.status == 603


def test_a_2xx_after_a_6xx_is_passed_on(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=2) as call:
        call.answer(180, 1)
        call.answer(600, 0)
        call.callees[1].receive("CANCEL")
        call.answer(200, 1)
        assert call.caller.response(200).to_tag == "b1"


def test_all_challenges_are_collected(proxy: RunningProxy) -> None:
    # §16.7 step 7
    with ringing(proxy, callees=3) as call:
        challenges = [
            ("WWW-Authenticate", 'Digest realm="one", nonce="1"', 401),
            ("Proxy-Authenticate", 'Digest realm="two", nonce="2"', 407),
            ("WWW-Authenticate", 'Digest realm="three", nonce="3"', 401),
        ]
        for number, (name, value, status) in enumerate(challenges):
            header = [f"{name}: {value}"]
            call.callees[number].reply(call.invites[number], status, headers=header)
        reply = call.caller.final_response()
        call.acknowledge(reply)
        assert reply.status in (401, 407)
        for name, value, _ in challenges:
            assert value in reply.headers(name), f"{name} is missing"
        assert len(reply.headers("www-authenticate")) == 2
        assert len(reply.headers("proxy-authenticate")) == 1


def test_a_request_that_is_no_invite_is_answered_once(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=2) as call:
        call.end()
        caller = call.caller
        uri = f"sip:{call.callee.user}@{proxy.target}"
        caller.send(caller.request("MESSAGE", uri))
        requests = [callee.receive("MESSAGE") for callee in call.callees]
        call.callees[0].reply(requests[0], 404)
        assert finals(comes_until_marker(caller)) == []
        call.callees[1].reply(requests[1], 200)
        assert caller.response(200, "MESSAGE").status == 200
        call.callees[1].reply(requests[1], 200)
        assert finals(comes_until_marker(caller)) == []


def test_a_non_invite_branch_is_never_cancelled(proxy: RunningProxy) -> None:
    # §9.1: CANCEL makes sense for INVITE only.
    with ringing(proxy, callees=2) as call:
        call.end()
        caller = call.caller
        caller.send(caller.request("MESSAGE", f"sip:{call.callee.user}@{proxy.target}"))
        requests = [callee.receive("MESSAGE") for callee in call.callees]
        call.callees[0].reply(requests[0], 200)
        caller.response(200, "MESSAGE")
        assert comes_until_marker(caller) == []
        assert [x.method for x in drain(call.callees[1])] in ([], ["ACK"])
        call.callees[1].reply(requests[1], 200)


def test_a_branch_that_refuses_is_acknowledged_while_the_others_ring(proxy: RunningProxy) -> None:
    with ringing(proxy, callees=2) as call:
        call.answer(486, 0)
        assert branch_of(call.callees[0].receive("ACK")) == branch_of(call.invites[0])
        assert finals(comes_until_marker(call.caller)) == []
        call.answer(180, 1)
        call.answer(200, 1)
        assert call.caller.response(200).to_tag == "b1"

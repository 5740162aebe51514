"""Responses on their way back, and the transactions round them (RFC 3261 §16.7, §17; RFC 6026)."""

from __future__ import annotations

import pytest

from tests.conformance.calls import Call, branch_of, place_call, ringing
from tests.conformance.proxy import RunningProxy, come_by_now, comes_until_marker
from tests.support.sip_peer import in_dialog
from tests.support.sip_reading import Message


def statuses(messages: list[Message]) -> list[int]:
    return [message.status for message in messages if not message.is_request]


def test_an_invite_is_answered_100_at_once(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        caller.send(caller.request("INVITE", f"sip:{callee.user}@{proxy.target}"))
        trying = caller.next_message()
        assert trying.status == 100
        assert trying.to_tag == ""
        assert len(trying.values("via")) == 1
        callee.reply(callee.receive("INVITE"), 480)


@pytest.mark.parametrize("method", ["OPTIONS", "MESSAGE", "BYE"])
def test_a_request_that_is_no_invite_gets_no_100(proxy: RunningProxy, method: str) -> None:
    # RFC 4320 §4.1: not before Timer E has reached T2.
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        caller.send(caller.request(method, f"sip:{callee.user}@{proxy.target}"))
        request = callee.receive(method)
        assert comes_until_marker(caller) == []
        callee.reply(request, 200)
        caller.response(200, method)


def test_a_100_stays_on_its_hop(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(100)
        assert comes_until_marker(call.caller) == []
        call.end()


@pytest.mark.parametrize("status", [180, 181, 182, 183, 199])
def test_every_other_provisional_response_is_passed_on(proxy: RunningProxy, status: int) -> None:
    with ringing(proxy) as call:
        call.answer(status)
        call.answer(status)
        assert statuses(comes_until_marker(call.caller)) == [status, status]
        call.end()


def test_a_response_leaves_as_it_came_but_for_our_via(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        sent = call.callee.reply(call.invite, 183, headers=["X-y :  z", "k:a"], body="\0 body")
        came = call.caller.response(183)
        ours = f"Via: {call.invite.values('via')[0]}\r\n"
        assert came.raw == sent.replace(ours, "", 1).encode()
        call.end()


@pytest.mark.parametrize("status", [200, 202, 299])
def test_a_2xx_is_passed_on_and_so_is_its_retransmission(proxy: RunningProxy, status: int) -> None:
    # RFC 6026 §7.1, §7.2
    with ringing(proxy) as call:
        for _ in range(3):
            call.answer(status)
            assert statuses(comes_until_marker(call.caller)) == [status]


def test_an_invite_repeated_after_its_2xx_is_absorbed(proxy: RunningProxy) -> None:
    # RFC 6026 §7.1: the server transaction is Accepted.
    with ringing(proxy) as call:
        call.answer(200)
        call.caller.response(200)
        call.caller.send(call.text)
        assert comes_until_marker(call.caller) == []
        assert come_by_now(proxy, call.callee) == []


@pytest.mark.parametrize("status", [301, 302, 380, 400, 404, 486, 500, 600, 603])
def test_another_final_response_is_passed_on_and_acknowledged_by_us(
    proxy: RunningProxy, status: int
) -> None:
    with ringing(proxy) as call:
        call.answer(status)
        acknowledgement = call.callee.receive("ACK")
        call.acknowledge(call.caller.response(status))
    # §17.1.1.3: the INVITE's Request-URI, Call-ID, From, CSeq number, one Via with its branch, and
    # the To of the response.
    assert acknowledgement.uri == call.invite.uri
    assert acknowledgement.header("call-id") == call.invite.header("call-id")
    assert acknowledgement.header("from") == call.invite.header("from")
    assert acknowledgement.header("cseq") == "1 ACK"
    assert acknowledgement.to_tag == "b0"
    assert acknowledgement.headers("via") == call.invite.headers("via")[:1]


def test_a_repeated_final_response_is_acknowledged_again_and_not_passed_on(
    proxy: RunningProxy,
) -> None:
    with ringing(proxy) as call:
        call.answer(486)
        call.callee.receive("ACK")
        call.acknowledge(call.caller.response(486))
        call.answer(486)
        call.callee.receive("ACK")
        assert comes_until_marker(call.caller) == []


def test_the_ack_to_a_final_response_is_ours_alone(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(486)
        call.callee.receive("ACK")
        call.acknowledge(call.caller.response(486))
        assert come_by_now(proxy, call.callee) == []


def test_an_invite_repeated_after_its_final_response_gets_that_again(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(486)
        first = call.caller.response(486)
        call.caller.send(call.text)
        assert call.caller.response(486).raw == first.raw
        call.acknowledge(first)
        assert [x.method for x in come_by_now(proxy, call.callee)] == ["ACK"]


def test_a_repeated_request_gets_its_response_from_us(proxy: RunningProxy) -> None:
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        text = caller.request("MESSAGE", f"sip:{callee.user}@{proxy.target}")
        caller.send(text)
        callee.reply(callee.receive("MESSAGE"), 202)
        first = caller.response(202)
        caller.send(text)
        assert caller.response(202).raw == first.raw
        assert come_by_now(proxy, callee) == []


def test_a_request_repeated_before_any_response_is_absorbed(proxy: RunningProxy) -> None:
    # §17.2.2, state Trying
    with proxy.peer() as callee, proxy.peer() as caller:
        callee.register()
        text = caller.request("MESSAGE", f"sip:{callee.user}@{proxy.target}")
        caller.send(text)
        request = callee.receive("MESSAGE")
        caller.send(text)
        assert comes_until_marker(caller) == []
        assert come_by_now(proxy, callee) == []
        callee.reply(request, 200)
        caller.response(200, "MESSAGE")


def test_a_503_leaves_as_500(proxy: RunningProxy) -> None:
    # §16.7 step 6: else our own client would take us for overloaded.
    with ringing(proxy) as call:
        call.answer(503)
        reply = call.caller.final_response()
        call.acknowledge(reply)
        assert reply.status == 500


def test_a_redirection_is_passed_on_with_its_contacts(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.callee.reply(call.invite, 302, contact="sip:elsewhere@192.0.2.7")
        reply = call.caller.response(302)
        call.acknowledge(reply)
        assert reply.header("contact") == "<sip:elsewhere@192.0.2.7>"


@pytest.mark.parametrize(("status", "header"), [(401, "WWW"), (407, "Proxy")])
def test_a_challenge_and_the_credentials_pass_through(
    proxy: RunningProxy, status: int, header: str
) -> None:
    challenge = 'Digest realm="a", nonce="b"'
    with ringing(proxy) as call:
        call.callee.reply(call.invite, status, headers=[f"{header}-Authenticate: {challenge}"])
        reply = call.caller.response(status)
        call.acknowledge(reply)
        assert reply.header(f"{header}-Authenticate") == challenge
        credentials = f'{header.replace("WWW-", "")}-Authorization: Digest username="x"'
        again = place_call(call.caller, call.callee, headers=[credentials])
        assert again.invite.header(credentials.split(":")[0]) == 'Digest username="x"'
        again.end()


def test_a_provisional_response_after_the_final_one_is_not_passed_on(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(486)
        call.acknowledge(call.caller.response(486))
        call.answer(180)
        assert comes_until_marker(call.caller) == []


def spoil_branch(text: str) -> str:
    return text.replace("branch=z9hG4bK", "branch=z9hG4bK1", 1)


def spoil_cookie(text: str) -> str:
    return text.replace("branch=z9hG4bK", "branch=", 1)


def spoil_method(text: str) -> str:
    return text.replace("1 INVITE", "1 BYE")


def drop_our_via(text: str) -> str:
    return "\r\n".join(
        line for number, line in enumerate(text.split("\r\n")) if number != 2 or "Via" not in line
    )


@pytest.mark.parametrize("spoil", [spoil_branch, spoil_cookie, spoil_method])
def test_a_response_that_matches_no_branch_goes_nowhere(proxy: RunningProxy, spoil: object) -> None:
    assert callable(spoil)
    with ringing(proxy) as call:
        before = proxy.count_of("core.stray_responses")
        honest = call.callee.reply(call.invite, 100)
        call.callee.send_back(call.invite, spoil(honest.replace("100 Because", "200 OK")))
        assert comes_until_marker(call.caller) == []
        assert proxy.count_of("core.stray_responses") == before + 1
        call.end()


def test_a_response_from_another_address_still_belongs_to_its_branch(proxy: RunningProxy) -> None:
    # §17.1.3 asks for branch and method, not for the address.
    with ringing(proxy) as call, proxy.peer() as elsewhere:
        invite = call.invite
        elsewhere.reply(invite, 180)
        call.caller.response(180)
        call.end()


def test_the_ack_to_a_2xx_travels_end_to_end(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        call.answer(200)
        ok = call.caller.response(200)
        text = in_dialog(call.caller, "ACK", call.text, ok)
        call.caller.send(text)
        call.caller.send(text)
        first, second = call.callee.receive("ACK"), call.callee.receive("ACK")
        assert branch_of(first) != branch_of(call.invite)
        assert first.values("via")[1] == second.values("via")[1]
        assert comes_until_marker(call.caller) == []


def test_a_2xx_that_comes_twice_gets_both_its_acks(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        for _ in range(2):
            call.answer(200)
            ok = call.caller.response(200)
            call.caller.send(in_dialog(call.caller, "ACK", call.text, ok))
            call.callee.receive("ACK")


def end_of(call: Call) -> Message:
    return call.caller.final_response()


def test_a_response_without_a_reason_is_passed_on(proxy: RunningProxy) -> None:
    with ringing(proxy) as call:
        text = call.callee.reply(call.invite, 100).replace("100 Because", "486 ")
        call.callee.send_back(call.invite, text)
        assert end_of(call).first_line == "SIP/2.0 486 "

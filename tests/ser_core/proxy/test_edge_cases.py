"""Where requests, responses, timers, the DNS and CANCEL cross each other (RFC 3261 §16, §17)."""

from __future__ import annotations

import pytest

from ser_core.script.runtime import ScriptMessage
from ser_core.sip.message import Response
from ser_core.sip.parser import parse_message
from tests.support.ladder import Ladder, Target, request

BOB = "sip:bob@198.51.100.1"
BOB2 = "sip:bob@198.51.100.2"
NAMED = "sip:bob@example.net"
TRYING = "SIP/2.0 100 trying -- your call is important to us"
FARM = [Target("udp", "198.51.100.1", 5060), Target("udp", "198.51.100.2", 5060)]


@pytest.fixture
def ladder() -> Ladder:
    return Ladder()


def started(ladder: Ladder, *targets: str, **routes: str) -> None:
    """An INVITE is under way; what has been sent so far is forgotten."""
    assert ladder.request(request(), *(targets or (BOB,)), **routes) == 1
    _ = ladder.sent


class TestCancel:
    def test_branch_that_waits_for_the_dns_ends_at_once(self, ladder: Ladder) -> None:
        started(ladder, NAMED)
        ladder.request(request("CANCEL"))
        assert ladder.lines == ["SIP/2.0 200 canceling", "SIP/2.0 487 Request Terminated"]
        ladder.environment.waiting[0]([Target("udp", "198.51.100.9", 5060)])
        assert ladder.lines == []

    def test_branch_that_waits_for_the_dns_does_not_hold_up_the_others(
        self, ladder: Ladder
    ) -> None:
        started(ladder, BOB, NAMED)
        ladder.response(180)
        ladder.request(request("CANCEL"))
        _ = ladder.sent
        ladder.response(487)
        assert ladder.lines == [f"ACK {BOB} SIP/2.0", "SIP/2.0 487 x"]

    def test_ringing_on_after_the_cancel_does_not_put_off_its_end(self, ladder: Ladder) -> None:
        """§9.1: 64*T1 after the CANCEL the INVITE is over."""
        started(ladder)
        ladder.response(180)
        ladder.request(request("CANCEL"))
        ladder.at(10)
        ladder.response(180)
        _ = ladder.sent
        ladder.at(33)
        assert ladder.lines[-1] == "SIP/2.0 487 Request Terminated"

    def test_503_to_a_cancelled_branch_brings_no_further_target(self, ladder: Ladder) -> None:
        ladder.environment.names[b"farm"] = FARM
        started(ladder, "sip:bob@farm")
        ladder.response(180)
        ladder.request(request("CANCEL"))
        _ = ladder.sent
        ladder.response(503)
        assert not [line for line in ladder.lines if line.startswith("INVITE")]

    def test_nothing_is_forwarded_once_the_caller_has_cancelled(self, ladder: Ladder) -> None:
        """The script waited for something between t_newtran and t_forward_nonack."""
        msg = ladder.message(request())
        assert ladder.proxy.new_transaction(msg) == 1
        ladder.request(request("CANCEL"))
        msg.uri = BOB.encode()
        ladder.proxy.forward(msg.transaction.context, msg)
        assert ladder.lines == [
            "SIP/2.0 200 ok -- no more pending branches",
            "SIP/2.0 487 Request Terminated",
        ]

    def test_failure_route_during_which_the_caller_cancels_reaches_nobody(
        self, ladder: Ladder
    ) -> None:
        def slow(msg: ScriptMessage) -> None:
            ladder.request(request("CANCEL"))
            ladder.proxy.add_branches(msg.transaction.context, msg, [(BOB2.encode(), None)])

        ladder.environment.failure_routes["1"] = slow
        started(ladder, on_failure="1")
        ladder.response(486)
        assert ladder.lines[-1] == "SIP/2.0 487 Request Terminated"
        assert len(ladder.branches) == 1

    def test_request_that_we_would_not_take_in_ourselves_can_be_cancelled(
        self, ladder: Ladder
    ) -> None:
        msg = ladder.message(request())
        msg.uri = BOB.encode()
        msg.message.append_header(b"CSeq: 2 INVITE\r\n")  # what a script can do
        ladder.proxy.relay(msg)
        data = ladder.environment.sent[-1].data
        key = next(iter(ladder.proxy.table.clients))
        via = b"Via: SIP/2.0/UDP 192.0.2.100;branch=" + key[: -len(b"INVITE")]
        ringing = parse_message(
            b"SIP/2.0 180 x\r\n" + via + b"\r\nVia: SIP/2.0/UDP x\r\nFrom: <sip:a@b>;tag=1\r\n"
            b"To: <sip:c@d>;tag=2\r\nCall-ID: call-1\r\nCSeq: 1 INVITE\r\n\r\n"
        )
        assert b"CSeq: 2 INVITE" in data
        assert isinstance(ringing, Response)
        ladder.proxy.clients.receive(ringing, 1000.0)
        _ = ladder.sent
        ladder.request(request("CANCEL"))
        sent = ladder.sent
        assert [each.line for each in sent] == ["SIP/2.0 200 canceling", f"CANCEL {BOB} SIP/2.0"]
        assert sent[1].message.cseq_number == 1


class TestDns:
    def test_retransmission_while_it_is_asked_gets_the_100_again(self, ladder: Ladder) -> None:
        started(ladder, NAMED)
        assert ladder.request(request()) is None
        assert ladder.lines == [TRYING]
        assert len(ladder.environment.waiting) == 1

    def test_answer_after_a_final_reply_starts_nothing(self, ladder: Ladder) -> None:
        msg = ladder.message(request())
        msg.uri = NAMED.encode()
        ladder.proxy.relay(msg)
        ladder.proxy.responses.answer(msg.transaction.context, 486, b"Busy", 1000.0)
        _ = ladder.sent
        ladder.environment.waiting[0]([Target("udp", "198.51.100.9", 5060)])
        assert ladder.lines == []

    def test_sips_never_leaves_in_the_clear(self, ladder: Ladder) -> None:
        """§16.6 step 7: whatever the Route says, the next hop counts as a SIPS URI."""
        msg = ladder.message(request("MESSAGE"))
        msg.uri = b"sips:bob@example.net"
        msg.next_hop = b"sip:198.51.100.1;lr"
        asked: list[bytes] = []

        def resolve_now(uri: object) -> list[object]:
            asked.append(uri.raw)  # type: ignore[attr-defined]
            return []

        ladder.environment.resolve_now = resolve_now  # type: ignore[assignment]
        assert ladder.proxy.relay(msg) == 0
        assert asked == [b"sips:198.51.100.1;lr"]


class TestRetransmission:
    def test_request_that_comes_again_while_its_script_waits_is_relayed_once(
        self, ladder: Ladder
    ) -> None:
        first, second = ladder.message(request()), ladder.message(request())
        assert not ladder.proxy.take(first)
        assert not ladder.proxy.take(second)  # both scripts run, in exec()
        for msg in (first, second):
            msg.uri = BOB.encode()
            assert ladder.proxy.relay(msg) == 1
        assert ladder.lines == [TRYING, f"INVITE {BOB} SIP/2.0", TRYING]
        assert ladder.tm.total.value == 1

    def test_released_invite_is_absorbed_for_a_while(self, ladder: Ladder) -> None:
        msg = ladder.message(request())
        ladder.proxy.new_transaction(msg)
        ladder.proxy.servers.release(msg.transaction, msg.now)
        assert ladder.proxy.take(ladder.message(request()))
        assert ladder.lines == []
        ladder.at(40)
        assert ladder.proxy.table.servers == {}


class TestResponses:
    def test_response_without_a_via_below_ours_goes_nowhere(self, ladder: Ladder) -> None:
        """§16.7 step 3."""
        started(ladder)
        via = ladder.branches[0].message.headers(b"via")[0]
        response = parse_message(
            b"SIP/2.0 200 OK\r\nVia: " + via + b"\r\nFrom: <sip:a@b>;tag=1\r\n"
            b"To: <sip:c@d>;tag=2\r\nCall-ID: call-1\r\nCSeq: 1 INVITE\r\n\r\n"
        )
        assert isinstance(response, Response)
        assert not ladder.proxy.clients.receive(response, 1000.0)
        assert ladder.lines == []
        assert ladder.tm.unmatched_responses.value == 1

    def test_200_of_a_branch_that_rang_too_long_cancels_the_others(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2)
        ladder.response(180, 0)
        ladder.response(100, 1)
        ladder.at(100)
        ladder.response(180, 1)
        ladder.at(121)  # the first counts as 408 and gets its CANCEL, which its 200 crosses
        _ = ladder.sent
        ladder.response(200, 0)
        assert ladder.lines == ["SIP/2.0 200 x", f"CANCEL {BOB2} SIP/2.0"]

    def test_late_failure_of_a_branch_that_rang_too_long_is_counted(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2)
        ladder.response(180, 0)
        ladder.response(100, 1)
        ladder.at(100)
        ladder.response(180, 1)
        ladder.at(121)
        ladder.response(487, 0)
        assert ladder.tm.late_responses.value == 1

    def test_2xx_after_another_final_falls_back_when_the_connection_has_gone(self) -> None:
        ladder = Ladder(transport="tcp")
        started(ladder)
        ladder.response(180)
        fallbacks = []
        send = ladder.environment.send

        def noting(data, hop, on_error=None, fallback=None):  # type: ignore[no-untyped-def]
            fallbacks.append(fallback)
            return send(data, hop, on_error, fallback)

        ladder.at(121)
        ladder.environment.send = noting  # type: ignore[method-assign]
        ladder.response(200)
        assert fallbacks[0] is not None

    def test_non_invite_that_timed_out_is_not_tried_elsewhere(self, ladder: Ladder) -> None:
        """RFC 4320 §4: nobody waits for its response any more."""
        ladder.environment.names[b"farm"] = FARM
        ladder.request(request("MESSAGE"), "sip:bob@farm")
        _ = ladder.sent
        ladder.at(31)
        assert {sent.hop.host for sent in ladder.sent} == {"198.51.100.1"}

    def test_forked_messages_second_2xx_is_not_forwarded(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE"), BOB, BOB2)
        _ = ladder.sent
        ladder.response(200, 0)
        ladder.response(202, 1)
        assert ladder.lines == ["SIP/2.0 200 x"]


class TestOwnReplies:
    def test_final_reply_cancels_what_is_pending(self, ladder: Ladder) -> None:
        started(ladder, BOB, NAMED)
        ladder.response(180)
        context = next(iter(ladder.proxy.table.servers.values())).context
        _ = ladder.sent
        assert ladder.proxy.responses.answer(context, 480, b"Gone", 1000.0)
        assert ladder.lines == ["SIP/2.0 480 Gone", f"CANCEL {BOB} SIP/2.0"]
        assert not ladder.proxy.responses.answer(context, 486, b"Busy", 1000.0)
        assert context.msg is None

    def test_replicated_request_that_loops_is_not_answered(self, ladder: Ladder) -> None:
        ladder.request(request(), "sip:bob@192.0.2.100")
        looped = ladder.branches[0].data
        _ = ladder.sent
        ladder.proxy.relay(ladder.message(looped), replicate=True)
        assert ladder.lines == []

    def test_ack_to_a_local_reply_over_tcp_ends_the_transaction(self) -> None:
        ladder = Ladder(transport="tcp")
        ladder.environment.names[b"nowhere"] = []
        ladder.request(request(transport="TCP"), "sip:bob@nowhere")
        assert ladder.request(request("ACK", transport="TCP", to_tag="x")) is None
        ladder.at(1)
        assert ladder.proxy.table.servers == {}

    def test_looped_request_takes_its_ack_and_its_cancel(self, ladder: Ladder) -> None:
        ladder.request(request(), "sip:bob@192.0.2.100")
        looped = ladder.branches[0].data
        ladder.request(looped, "sip:bob@192.0.2.100")
        _ = ladder.sent
        for method in (b"CANCEL", b"ACK"):
            again = looped.replace(b"INVITE sip", method + b" sip").replace(
                b" INVITE", b" " + method
            )
            assert ladder.request(again) is None
        assert ladder.lines == ["SIP/2.0 200 ok -- no more pending branches"]


class TestFailureRoute:
    def test_its_edits_are_in_the_branches_that_it_adds(self, ladder: Ladder) -> None:
        def voicemail(msg: ScriptMessage) -> None:
            inner = ladder.message(request())
            inner.transaction = msg.transaction
            inner.message.append_header(b"X-Reason: busy\r\n")
            ladder.proxy.add_branches(msg.transaction.context, inner, [(BOB2.encode(), None)])

        ladder.environment.failure_routes["1"] = voicemail
        started(ladder, on_failure="1")
        ladder.response(486)
        sent = ladder.sent
        assert sent[-1].message.header(b"x-reason") == b"busy"

    def test_rounds_of_branches_end_at_twelve(self, ladder: Ladder) -> None:
        outcomes = []

        def again(msg: ScriptMessage) -> None:
            context = msg.transaction.context
            context.on_failure = "1"
            outcomes.append(ladder.proxy.add_branches(context, msg, [(BOB.encode(), None)] * 3))

        ladder.environment.failure_routes["1"] = again
        started(ladder, on_failure="1")
        lines = []
        for number in range(10):
            ladder.response(486, number)
            lines = ladder.lines
        assert [outcome < 0 for outcome in outcomes] == [False, False, False, True]
        assert lines[-1] == "SIP/2.0 486 x"
        assert len(ladder.branches) == 10


class TestMemory:
    def test_finished_invite_keeps_no_message(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2)
        ladder.response(486, 0)
        ladder.response(200, 1)
        (server,) = ladder.proxy.table.servers.values()
        assert server.context.msg is None
        assert all(branch.response is branch.msg is None for branch in server.context.branches)
        assert [client.request for client in ladder.proxy.table.clients.values()] == [b"", b""]

    def test_counters_balance(self, ladder: Ladder) -> None:
        started(ladder, BOB)
        ladder.response(200)
        ladder.response(200)
        assert (ladder.tm.waiting.value, ladder.tm.completed_2xx.value) == (1, 1)
        ladder.request(request("MESSAGE", branch="z9hG4bKm"), BOB)
        ladder.request(request("CANCEL"))
        ladder.at(100)
        assert ladder.tm.total.value == ladder.tm.finished.value == 3
        assert ladder.tm.waiting.value == 0

    def test_timer_that_raises_leaves_no_server_behind(self, ladder: Ladder) -> None:
        started(ladder)

        def broken(name: str, msg: ScriptMessage) -> None:
            raise RuntimeError

        ladder.environment.run_failure_route = broken  # type: ignore[method-assign]
        next(iter(ladder.proxy.table.servers.values())).context.on_failure = "1"
        with pytest.raises(RuntimeError):
            ladder.at(31)
        ladder.at(70)
        assert ladder.proxy.table.servers == {}
        assert ladder.proxy.table.clients == {}

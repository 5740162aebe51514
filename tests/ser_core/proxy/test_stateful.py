"""The stateful proxy by ladders with a clock: RFC 3261 §16, RFC 6026, RFC 4320, RFC 5393."""

from __future__ import annotations

import pytest

from ser_core.script.runtime import E_OUT_OF_MEM, Branch
from tests.support.ladder import Ladder, Target, request

BOB = "sip:bob@198.51.100.1"
BOB2 = "sip:bob@198.51.100.2"
BOB3 = "sip:bob@198.51.100.3"


@pytest.fixture
def ladder() -> Ladder:
    return Ladder()


def started(ladder: Ladder, *targets: str, **routes: str) -> None:
    """An INVITE is under way; what has been sent so far is forgotten."""
    assert ladder.request(request(), *(targets or (BOB,)), **routes) == 1
    _ = ladder.sent


class TestForwarding:
    def test_invite_is_answered_100_and_forwarded(self, ladder: Ladder) -> None:
        assert ladder.request(request(), BOB) == 1
        assert ladder.lines == [
            "SIP/2.0 100 trying -- your call is important to us",
            f"INVITE {BOB} SIP/2.0",
        ]

    def test_other_requests_get_no_100(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE"), BOB)
        assert ladder.lines == [f"MESSAGE {BOB} SIP/2.0"]

    def test_our_via_stands_above_the_callers(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE"), BOB)
        message = ladder.sent[0].message
        vias = message.headers(b"via")
        assert vias[0].startswith(b"SIP/2.0/UDP 192.0.2.100;branch=z9hG4bK")
        assert vias[1] == b"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKcaller"

    def test_bytes_nobody_touched_leave_as_they_came(self, ladder: Ladder) -> None:
        odd = "X-Odd :   a,b ;c\r\nsubject:\tx\r\n y\r\n"
        ladder.request(request("MESSAGE", headers=odd, body="a\0b"), BOB)
        data = ladder.sent[0].data
        assert odd.encode() in data
        assert data.endswith(b"\r\n\r\na\0b")

    def test_each_branch_has_its_own_via_branch(self, ladder: Ladder) -> None:
        ladder.request(request(), BOB, BOB2)
        first, second = (sent.message.via.branch for sent in ladder.sent[1:])
        assert first != second

    def test_unresolvable_target_is_answered_478(self, ladder: Ladder) -> None:
        ladder.environment.names[b"nowhere"] = []
        assert ladder.request(request(), "sip:bob@nowhere") == 0
        assert ladder.lines[1] == "SIP/2.0 478 Unresolvable destination (478/TM)"

    def test_send_failure_is_answered_477(self, ladder: Ladder) -> None:
        ladder.environment.unreachable.add("198.51.100.1")
        assert ladder.request(request(), BOB) == 0
        assert ladder.lines[1].startswith("SIP/2.0 477 ")

    def test_target_of_another_scheme_is_answered_416(self, ladder: Ladder) -> None:
        assert ladder.request(request(), "tel:+1234") == 0
        assert ladder.lines[1].startswith("SIP/2.0 416 ")

    def test_too_many_branches_are_answered_500(self, ladder: Ladder) -> None:
        msg = ladder.message(request())
        msg.max_branches = 2
        msg.branches = [Branch(BOB.encode()), Branch(BOB2.encode())]
        msg.uri = BOB3.encode()
        assert ladder.proxy.relay(msg) == 0
        assert ladder.lines[1] == "SIP/2.0 500 Forking capacity exceeded (12/TM)"

    def test_one_bad_branch_does_not_stop_the_others(self, ladder: Ladder) -> None:
        ladder.environment.unreachable.add("198.51.100.2")
        assert ladder.request(request(), BOB, BOB2) == 1
        ladder.response(180)
        assert ladder.lines[-1] == "SIP/2.0 180 x"

    def test_name_is_resolved_without_holding_up_and_then_sent_to(self, ladder: Ladder) -> None:
        assert ladder.request(request(), "sip:bob@example.net") == 1
        assert ladder.lines == ["SIP/2.0 100 trying -- your call is important to us"]
        ladder.environment.waiting[0]([Target("udp", "198.51.100.9", 5070)])
        sent = ladder.sent
        assert sent[0].hop.host == "198.51.100.9"
        assert sent[0].hop.port == 5070

    def test_name_that_is_not_found_later_is_answered_478(self, ladder: Ladder) -> None:
        ladder.request(request(), "sip:bob@example.net")
        _ = ladder.sent
        ladder.environment.waiting[0]([])
        assert ladder.lines == ["SIP/2.0 478 Unresolvable destination (478/TM)"]

    def test_next_target_is_tried_when_sending_fails(self, ladder: Ladder) -> None:
        ladder.environment.names[b"farm"] = [
            Target("udp", "198.51.100.1", 5060),
            Target("udp", "198.51.100.2", 5060),
        ]
        ladder.environment.unreachable.add("198.51.100.1")
        assert ladder.request(request(), "sip:bob@farm") == 1
        assert ladder.sent[-1].hop.host == "198.51.100.2"

    def test_next_target_is_tried_after_a_503(self, ladder: Ladder) -> None:
        ladder.environment.names[b"farm"] = [
            Target("udp", "198.51.100.1", 5060),
            Target("udp", "198.51.100.2", 5060),
        ]
        started(ladder, "sip:bob@farm")
        ladder.response(503)
        sent = ladder.sent
        assert [each.line.split()[0] for each in sent] == ["ACK", "INVITE"]
        assert sent[1].hop.host == "198.51.100.2"

    def test_next_target_is_tried_after_a_timeout(self, ladder: Ladder) -> None:
        ladder.environment.names[b"farm"] = [
            Target("udp", "198.51.100.1", 5060),
            Target("udp", "198.51.100.2", 5060),
        ]
        started(ladder, "sip:bob@farm")
        ladder.at(30)
        assert ladder.sent[-1].hop.host == "198.51.100.2"

    def test_request_too_large_for_udp_goes_by_tcp(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE", body="x" * 1400), BOB)
        assert ladder.sent[0].hop.transport == "tcp"

    def test_it_goes_by_udp_when_tcp_is_refused(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE", body="x" * 1400), BOB)
        hop = ladder.sent[0].hop
        ladder.environment.errors[hop.host](hop, ConnectionRefusedError())
        sent = ladder.sent
        assert sent[0].hop.transport == "udp"
        assert b"Via: SIP/2.0/UDP" in sent[0].data

    def test_tcp_that_has_just_failed_is_not_tried_for_size(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE", body="x" * 1400), BOB)
        ladder.environment.failed.add(ladder.sent[0].hop)
        ladder.request(request("MESSAGE", branch="z9hG4bK2", body="x" * 1400), BOB)
        assert ladder.sent[0].hop.transport == "udp"

    def test_contact_with_transport_udp_gets_large_requests_by_udp(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE", body="x" * 1400), BOB + ";transport=udp")
        assert ladder.sent[0].hop.transport == "udp"


class TestMaxBreadth:
    def test_max_breadth_too_small_is_answered_440(self, ladder: Ladder) -> None:
        ladder.request(request(headers="Max-Breadth: 1\r\n"), BOB, BOB2)
        assert ladder.lines[-1] == "SIP/2.0 440 Max-Breadth Exceeded"

    def test_max_breadth_is_shared_among_branches(self, ladder: Ladder) -> None:
        ladder.request(request(headers="Max-Breadth: 7\r\n"), BOB, BOB2)
        for sent in ladder.sent[1:]:
            assert sent.message.header(b"max-breadth") == b"3"


class TestLoops:
    def test_own_request_that_comes_back_unchanged_is_answered_482(self, ladder: Ladder) -> None:
        ladder.request(request(), "sip:bob@192.0.2.100")
        looped = ladder.branches[0].data
        _ = ladder.sent
        ladder.request(looped, "sip:bob@192.0.2.100")
        assert "SIP/2.0 482 Loop Detected" in ladder.lines

    def test_spiral_with_another_request_uri_goes_on(self, ladder: Ladder) -> None:
        ladder.request(request(), "sip:robert@192.0.2.100")
        spiral = ladder.branches[0].data
        _ = ladder.sent
        ladder.request(spiral, BOB)
        assert f"INVITE {BOB} SIP/2.0" in ladder.lines

    def test_same_request_by_two_ways_is_forwarded_twice(self, ladder: Ladder) -> None:
        """Merged requests: it is the UAS that answers 482 (§8.2.2.2), both copies get there."""
        started(ladder)
        ladder.request(request(branch="z9hG4bKotherway"), BOB)
        assert f"INVITE {BOB} SIP/2.0" in ladder.lines


class TestCancel:
    def test_pending_branches_are_cancelled(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2)
        ladder.response(180, 0)
        ladder.response(180, 1)
        _ = ladder.sent
        ladder.request(request("CANCEL"))
        assert ladder.lines == [
            "SIP/2.0 200 canceling",
            f"CANCEL {BOB} SIP/2.0",
            f"CANCEL {BOB2} SIP/2.0",
        ]

    def test_cancel_takes_the_way_of_the_invite(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(180)
        _ = ladder.sent
        ladder.request(request("CANCEL"))
        cancel = ladder.sent[1]
        assert cancel.hop == ladder.branches[0].hop
        assert cancel.message.via.branch == ladder.branches[0].message.via.branch
        assert cancel.message.cseq_number == 1

    def test_before_any_provisional_the_cancel_waits(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.request(request("CANCEL"))
        assert ladder.lines == ["SIP/2.0 200 canceling"]
        ladder.response(100)
        assert ladder.lines == [f"CANCEL {BOB} SIP/2.0"]

    def test_487_goes_up_and_the_caller_acknowledges(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(180)
        ladder.request(request("CANCEL"))
        _ = ladder.sent
        ladder.response(200, method=b"CANCEL")
        ladder.response(487)
        assert ladder.lines == [f"ACK {BOB} SIP/2.0", "SIP/2.0 487 x"]
        ladder.request(request("ACK", to_tag="callee"))
        ladder.at(60)
        assert ladder.proxy.table.servers == {}
        assert ladder.proxy.table.clients == {}

    def test_cancel_crossing_the_200_changes_nothing(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(180)
        ladder.request(request("CANCEL"))
        ladder.response(200)
        assert ladder.lines[-1] == "SIP/2.0 200 x"

    def test_cancel_after_the_final_says_so(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(200)
        _ = ladder.sent
        ladder.request(request("CANCEL"))
        assert ladder.lines == ["SIP/2.0 200 ok -- no more pending branches"]

    def test_branch_that_never_answers_its_cancel_ends_487(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.request(request("CANCEL"))
        _ = ladder.sent
        ladder.at(30)
        assert ladder.lines[-1] == "SIP/2.0 487 Request Terminated"

    def test_unmatched_cancel_is_left_to_the_script(self, ladder: Ladder) -> None:
        msg = ladder.message(request("CANCEL", branch="z9hG4bKunknown"))
        assert ladder.proxy.take(msg) is False


class TestTimeout:
    def test_no_response_at_all_is_answered_408(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.at(30)
        assert ladder.lines[-1] == "SIP/2.0 408 Request Timeout"

    def test_ringing_too_long_is_cancelled_and_answered_408(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(180)
        _ = ladder.sent
        ladder.at(119)
        assert ladder.lines == []
        ladder.at(120.5)
        assert ladder.lines[:2] == [f"CANCEL {BOB} SIP/2.0", "SIP/2.0 408 Request Timeout"]

    def test_each_provisional_restarts_timer_c(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(180)
        ladder.at(100)
        ladder.response(180)
        _ = ladder.sent
        ladder.at(200)
        assert ladder.lines == []

    def test_non_invite_gets_no_408(self, ladder: Ladder) -> None:
        """RFC 4320 §4.2."""
        ladder.request(request("MESSAGE"), BOB)
        ladder.at(40)
        assert not [line for line in ladder.lines if line.startswith("SIP/2.0")]

    def test_after_an_hour_nothing_is_left(self, ladder: Ladder) -> None:
        for number in range(20):
            ladder.request(request(branch=f"z9hG4bK{number}"), BOB, BOB2)
            if number % 2:
                ladder.response(180, 2 * number)
            if number % 3 == 0:
                ladder.response(200, 2 * number + 1)
        ladder.at(3600)
        assert ladder.proxy.table.servers == {}
        assert ladder.proxy.table.clients == {}
        assert len(ladder.proxy.heap) == 0

    def test_a_cancelled_branch_that_rang_and_never_ends_counts_as_487(
        self, ladder: Ladder
    ) -> None:
        started(ladder)
        ladder.response(180)
        ladder.request(request("CANCEL"))
        ladder.response(200, method=b"CANCEL")
        _ = ladder.sent
        ladder.at(33)
        assert ladder.lines[-1] == "SIP/2.0 487 Request Terminated"

    def test_a_timer_that_raises_ends_its_own_transaction_only(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE", branch="z9hG4bK1"), BOB)
        ladder.request(request("MESSAGE", branch="z9hG4bK2"), BOB2)
        _ = ladder.sent
        first = next(iter(ladder.proxy.table.clients.values()))
        first.hop = None
        first.timers = None  # type: ignore[assignment]
        ladder.environment.now += 0.6
        with pytest.raises(AttributeError):
            ladder.proxy.run_timers(ladder.environment.now)
        ladder.proxy.run_timers(ladder.environment.now)
        assert ladder.lines == [f"MESSAGE {BOB2} SIP/2.0"]
        assert first not in ladder.proxy.table.clients.values()

    def test_more_transactions_than_allowed_are_refused(self) -> None:
        ladder = Ladder(max_transactions=2)
        for number in range(2):
            assert ladder.request(request(branch=f"z9hG4bK{number}"), BOB) == 1
        assert ladder.request(request(branch="z9hG4bKmore"), BOB) == E_OUT_OF_MEM


def test_loop_detection_and_max_breadth_are_settings() -> None:
    ladder = Ladder(loop_detection=False, max_breadth=1)
    ladder.request(request(), "sip:bob@192.0.2.100")
    looped = ladder.branches[0].data
    _ = ladder.sent
    ladder.request(looped, "sip:bob@192.0.2.100")
    assert "SIP/2.0 482 Loop Detected" not in ladder.lines
    ladder.request(request(branch="z9hG4bKforks"), BOB, BOB2)
    assert ladder.lines[-1] == "SIP/2.0 440 Max-Breadth Exceeded"

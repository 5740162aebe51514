"""Response processing: RFC 3261 §16.7, by ladders with a clock."""

from __future__ import annotations

import pytest

from ser_core.script.runtime import ScriptMessage
from ser_core.sip.message import Response
from ser_core.sip.parser import parse_message
from tests.support.ladder import Ladder, request

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


class TestResponses:
    def test_100_is_not_forwarded(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(100)
        assert ladder.lines == []

    @pytest.mark.parametrize("status", [180, 183, 199])
    def test_other_provisionals_are(self, ladder: Ladder, status: int) -> None:
        started(ladder)
        ladder.response(status)
        assert ladder.lines == [f"SIP/2.0 {status} x"]

    def test_response_leaves_without_our_via(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(200)
        message = ladder.sent[0].message
        assert message.headers(b"via") == [b"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKcaller"]

    def test_ack_to_a_negative_response_is_ours(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(486)
        ack, response = ladder.sent
        assert ack.line == f"ACK {BOB} SIP/2.0"
        assert ack.message.to_tag == b"callee"
        assert len(ack.message.headers(b"via")) == 1
        assert response.line == "SIP/2.0 486 x"

    def test_second_final_of_a_branch_is_not_forwarded(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(486)
        ladder.request(request("ACK", to_tag="callee"))
        _ = ladder.sent
        ladder.response(404)
        assert "SIP/2.0 404 x" not in ladder.lines

    def test_503_becomes_500(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(503)
        assert ladder.lines[-1].startswith("SIP/2.0 500 ")

    def test_response_with_both_vias_on_one_line_is_forwarded(self, ladder: Ladder) -> None:
        started(ladder)
        sent = ladder.branches[0].message
        one_line = b", ".join(sent.headers(b"via"))
        data = (
            b"SIP/2.0 180 Ringing\r\nv: " + one_line + b"\r\nFrom: <sip:a@b>;tag=1\r\n"
            b"To: <sip:c@d>;tag=2\r\nCall-ID: call-1\r\nCSeq: 1 INVITE\r\n\r\n"
        )
        response = parse_message(data)
        assert isinstance(response, Response)
        assert ladder.proxy.clients.receive(response, 1000.0)
        assert ladder.sent[0].message.via.branch == b"z9hG4bKcaller"


class TestForking:
    def test_the_one_that_answers_wins_and_the_others_are_cancelled(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2, BOB3)
        for branch in range(3):
            ladder.response(180, branch)
        _ = ladder.sent
        ladder.response(200, 1)
        assert ladder.lines == [
            "SIP/2.0 200 x",
            f"CANCEL {BOB} SIP/2.0",
            f"CANCEL {BOB3} SIP/2.0",
        ]

    def test_no_negative_response_goes_up_while_a_branch_is_pending(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2)
        ladder.response(486, 0)
        assert ladder.lines == [f"ACK {BOB} SIP/2.0"]

    @pytest.mark.parametrize(
        ("codes", "best"),
        [
            ((486, 404), 404),
            ((302, 404), 302),
            ((404, 603), 603),
            ((500, 404), 404),
            ((486, 401), 401),
            ((404, 407), 407),
            ((480, 484), 484),
            ((503, 500), 500),
        ],
    )
    def test_best_response_is_chosen_by_section_16_7(
        self, ladder: Ladder, codes: tuple[int, int], best: int
    ) -> None:
        started(ladder, BOB, BOB2)
        for branch, code in enumerate(codes):
            ladder.response(code, branch)
        assert ladder.lines[-1] == f"SIP/2.0 {best} x"

    def test_challenges_of_all_branches_go_up_together(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2)
        ladder.response(401, 0, headers=b'WWW-Authenticate: Digest realm="a"\r\n')
        ladder.response(407, 1, headers=b'Proxy-Authenticate: Digest realm="b"\r\n')
        message = ladder.sent[-1].message
        assert message.headers(b"www-authenticate") == [b'Digest realm="a"']
        assert message.headers(b"proxy-authenticate") == [b'Digest realm="b"']

    def test_6xx_cancels_the_others_and_waits_for_them(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2)
        ladder.response(180, 1)
        _ = ladder.sent
        ladder.response(603, 0)
        assert ladder.lines == [f"ACK {BOB} SIP/2.0", f"CANCEL {BOB2} SIP/2.0"]
        ladder.response(487, 1)
        assert ladder.lines[-1] == "SIP/2.0 603 x"

    def test_2xx_after_another_final_still_goes_through(self, ladder: Ladder) -> None:
        started(ladder, BOB, BOB2)
        ladder.response(200, 0)
        ladder.response(200, 1)
        assert ladder.lines.count("SIP/2.0 200 x") == 2


class TestScriptRoutes:
    def test_failure_route_tries_another_target(self, ladder: Ladder) -> None:
        seen = []

        def voicemail(msg: ScriptMessage) -> None:
            seen.append(msg.status)
            context = msg.transaction.context
            ladder.proxy.add_branches(context, msg, [(BOB2.encode(), None)])

        ladder.environment.failure_routes["1"] = voicemail
        started(ladder, on_failure="1")
        ladder.response(486)
        assert ladder.lines == [f"ACK {BOB} SIP/2.0", f"INVITE {BOB2} SIP/2.0"]
        assert seen == [486]
        ladder.response(200, 1)
        assert ladder.lines == ["SIP/2.0 200 x"]

    def test_failure_route_that_does_nothing_lets_the_best_go_up(self, ladder: Ladder) -> None:
        ladder.environment.failure_routes["1"] = lambda msg: None
        started(ladder, on_failure="1")
        ladder.response(486)
        assert ladder.lines[-1] == "SIP/2.0 486 x"

    def test_failure_route_runs_on_a_timeout(self, ladder: Ladder) -> None:
        seen = []
        ladder.environment.failure_routes["1"] = lambda msg: seen.append(msg.status)
        started(ladder, on_failure="1")
        ladder.at(30)
        assert seen == [408]

    def test_it_does_not_run_once_the_caller_has_cancelled(self, ladder: Ladder) -> None:
        seen = []
        ladder.environment.failure_routes["1"] = lambda msg: seen.append(msg.status)
        started(ladder, on_failure="1")
        ladder.response(180)
        ladder.request(request("CANCEL"))
        ladder.response(487)
        assert seen == []

    def test_onreply_route_can_edit_what_goes_up(self, ladder: Ladder) -> None:
        ladder.environment.reply_routes["1"] = lambda response: response.append_header(
            b"X-Added: y\r\n"
        )
        started(ladder, on_reply="1")
        ladder.response(183)
        assert ladder.sent[0].message.header(b"x-added") == b"y"

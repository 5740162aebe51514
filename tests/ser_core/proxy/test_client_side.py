"""Branches that go out: retransmission, what is absorbed, what goes through."""

from __future__ import annotations

import pytest

from ser_core.transaction.timers import Timers
from tests.support.ladder import Ladder, request

BOB = "sip:bob@198.51.100.1"


@pytest.fixture
def ladder() -> Ladder:
    return Ladder()


def started(ladder: Ladder) -> None:
    """An INVITE is under way; what has been sent so far is forgotten."""
    assert ladder.request(request(), BOB) == 1
    _ = ladder.sent


class TestRetransmission:
    def test_invite_is_sent_again_at_doubling_gaps(self, ladder: Ladder) -> None:
        started(ladder)
        counts = []
        for at in (0.4, 0.5, 1.4, 1.5, 3.5, 7.5, 15.5):
            ladder.at(at)
            counts.append(len(ladder.sent))
        assert counts == [0, 1, 0, 1, 1, 1, 1]

    def test_a_provisional_ends_retransmission(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(100)
        ladder.at(20)
        assert ladder.lines == []

    def test_other_requests_are_repeated_up_to_t2(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE"), BOB)
        _ = ladder.sent
        ladder.at(29.9)
        # 0.5, 1.5, 3.5, then each 4 s
        assert len(ladder.lines) == 3 + 6

    def test_nothing_is_repeated_over_tcp(self, ladder: Ladder) -> None:
        ladder.request(request("MESSAGE"), BOB + ";transport=tcp")
        _ = ladder.sent
        ladder.at(29)
        assert ladder.lines == []

    def test_retransmitted_invite_gets_the_last_provisional_again(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(180)
        _ = ladder.sent
        assert ladder.request(request(), BOB) is None
        assert ladder.lines == ["SIP/2.0 180 x"]

    def test_retransmitted_invite_is_absorbed_once_accepted(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(200)
        _ = ladder.sent
        ladder.request(request(), BOB)
        assert ladder.lines == []

    def test_retransmitted_2xx_goes_through(self, ladder: Ladder) -> None:
        started(ladder)
        for _time in range(3):
            ladder.response(200)
        assert ladder.lines == ["SIP/2.0 200 x"] * 3

    def test_late_2xx_after_timer_m_matches_nothing(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(200)
        ladder.at(33)
        _ = ladder.sent
        assert ladder.response(200) is False

    def test_negative_response_is_repeated_until_the_ack(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(486)
        _ = ladder.sent
        ladder.at(1.5)
        assert ladder.lines == ["SIP/2.0 486 x"] * 2
        ladder.request(request("ACK", to_tag="callee"))
        ladder.at(30)
        assert ladder.lines == []

    def test_retransmitted_negative_response_is_acknowledged_again(self, ladder: Ladder) -> None:
        started(ladder)
        ladder.response(486)
        _ = ladder.sent
        ladder.response(486)
        assert ladder.lines == [f"ACK {BOB} SIP/2.0"]

    def test_ser_gaps_are_used_when_the_script_sets_them(self) -> None:
        ladder = Ladder(Timers(gaps=(1.0, 2.0, 4.0, 4.0)))
        started(ladder)
        ladder.at(15.5)
        assert len(ladder.lines) == 5  # at 1, 3, 7, 11, 15

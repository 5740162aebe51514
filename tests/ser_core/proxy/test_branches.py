"""Branches on their way out: RFC 3261 §16.6 steps 7 to 10, §18.1.1 and §9.1."""

from __future__ import annotations

import pytest

from ser_core.sip.hop import Hop
from tests.support.ladder import Ladder, Target, request

BOB = "sip:bob@198.51.100.1"
LARGE = request("MESSAGE", body="x" * 1400)


@pytest.fixture
def ladder() -> Ladder:
    return Ladder()


class TestLargeRequests:
    def test_one_goes_by_tcp(self, ladder: Ladder) -> None:
        ladder.request(LARGE, BOB)
        (sent,) = ladder.sent
        assert sent.hop.transport == "tcp"
        assert sent.message.via.transport == b"TCP"

    def test_udp_is_there_to_fall_back_on(self, ladder: Ladder) -> None:
        ladder.request(LARGE, BOB)
        first = ladder.sent[0]
        ladder.environment.errors["198.51.100.1"](first.hop, OSError())
        (second,) = ladder.sent
        assert second.hop.transport == "udp"

    def test_tcp_that_has_just_failed_is_not_waited_for(self, ladder: Ladder) -> None:
        listener = ladder.environment.tcp_listener
        ladder.environment.failed.add(Hop("tcp", "198.51.100.1", 5060, listener))
        ladder.request(LARGE, BOB)
        assert ladder.sent[0].hop.transport == "udp"

    def test_who_asks_for_udp_gets_it(self, ladder: Ladder) -> None:
        ladder.request(LARGE, BOB + ";transport=UDP")
        assert ladder.sent[0].hop.transport == "udp"


def test_a_target_that_no_listener_reaches_is_left_out(
    ladder: Ladder, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = ladder.environment
    environment.names[b"farm"] = [
        Target("tcp", "203.0.113.1", 5060),
        Target("udp", "203.0.113.2", 5060),
    ]
    monkeypatch.setattr(
        environment,
        "listener_for",
        lambda _msg, transport, _host: environment.listener if transport == "udp" else None,
    )
    ladder.request(request("MESSAGE"), "sip:farm")
    assert [sent.hop.host for sent in ladder.sent] == ["203.0.113.2"]


class TestCancel:
    def test_before_the_first_provisional_it_is_only_noted(self, ladder: Ladder) -> None:
        ladder.request(request(), BOB)
        _ = ladder.sent
        ladder.request(request("CANCEL"))
        assert ladder.lines == ["SIP/2.0 200 canceling"]
        ladder.response(180)
        assert f"CANCEL {BOB} SIP/2.0" in ladder.lines

    def test_afterwards_it_goes_where_the_invite_went(self, ladder: Ladder) -> None:
        ladder.request(request(), BOB)
        ladder.response(180)
        _ = ladder.sent
        ladder.request(request("CANCEL"))
        cancel = ladder.sent[-1]
        assert cancel.hop.host == "198.51.100.1"
        assert cancel.message.via.branch == ladder.branches[0].message.via.branch


class TestAnotherProgram:
    """A branch that waits for what another program answers (t_write_req)."""

    def hand_over(self, ladder: Ladder, method: str = "INVITE", on_failure: str = "") -> None:
        msg = ladder.message(request(method))
        msg.on_failure = on_failure
        assert ladder.proxy.new_transaction(msg) == 1
        ladder.proxy.branches.wait(msg.transaction.context, msg, msg.now)

    def test_nothing_is_sent_and_nothing_repeated(self, ladder: Ladder) -> None:
        self.hand_over(ladder, "MESSAGE")
        ladder.at(20)
        assert ladder.lines == []

    def test_without_an_answer_an_invite_times_out(self, ladder: Ladder) -> None:
        self.hand_over(ladder)
        ladder.at(30.1)
        assert ladder.lines == ["SIP/2.0 408 Request Timeout"]
        ladder.at(200)
        assert (ladder.proxy.table.servers, ladder.proxy.table.clients) == ({}, {})
        assert len(ladder.proxy.heap) == 0

    def test_and_another_request_ends_in_silence(self, ladder: Ladder) -> None:
        self.hand_over(ladder, "MESSAGE")
        ladder.at(200)
        assert ladder.lines == []
        assert ladder.proxy.table.servers == {}

    def test_the_failure_route_has_its_chance(self, ladder: Ladder) -> None:
        ran = []
        ladder.environment.failure_routes["1"] = lambda msg: ran.append(msg.status)
        self.hand_over(ladder, on_failure="1")
        ladder.at(30.1)
        assert ran == [408]

    def test_a_cancel_ends_it_at_once(self, ladder: Ladder) -> None:
        self.hand_over(ladder)
        ladder.request(request("CANCEL"))
        assert ladder.lines == ["SIP/2.0 200 canceling", "SIP/2.0 487 Request Terminated"]
        ladder.at(200)
        assert ladder.proxy.table.servers == {}

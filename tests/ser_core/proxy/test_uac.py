"""Requests of our own: RFC 3261 §8.1, §9.1 and §17.1, by ladders with a clock."""

from __future__ import annotations

import pytest

from ser_core.proxy.uac_request import UacRequest
from ser_core.script.runtime import E_BAD_ADDRESS, E_NO_SOCKET, E_SEND
from ser_core.sip.names import CONTACT
from ser_core.sip.request import Header
from ser_core.sip.uri import parse_uri
from tests.support.ladder import Target, request
from tests.support.own_requests import BOB, Story, draft

FARM = [Target("udp", "203.0.113.1", 5060), Target("udp", "203.0.113.2", 5070)]


@pytest.fixture
def story() -> Story:
    return Story()


class TestSending:
    def test_a_request_has_what_each_must_have(self, story: Story) -> None:
        contact = Header(CONTACT, b"Contact: <sip:daemon@!!>\r\n")
        story.send("MESSAGE", headers=(contact,), body=b"hello")
        sent = story.only_sent()
        request = sent.message
        assert sent.line == f"MESSAGE {BOB} SIP/2.0"
        assert (sent.hop.host, sent.hop.port) == ("198.51.100.1", 5060)
        assert request.via.branch.startswith(b"z9hG4bK")
        assert request.via.sent_by == b"192.0.2.100"
        assert request.header(b"max-forwards") == b"70"
        assert request.header(b"contact") == b"<sip:daemon@192.0.2.100:5060>"
        assert request.body == b"hello"

    def test_its_branch_cannot_be_guessed(self, story: Story) -> None:
        story.send()
        story.send(call_id=b"call-10")
        first, second = (sent.message.via.branch for sent in story.sent)
        assert first != second

    def test_timers_are_armed_though_no_message_came_in(self, story: Story) -> None:
        story.send()
        assert story.environment.armed == 1

    def test_it_is_counted_as_local(self, story: Story) -> None:
        story.send()
        assert (story.tm.total.value, story.tm.local.value, story.tm.finished.value) == (1, 1, 0)
        story.response(404)
        assert story.tm.finished.value == 1
        assert story.tm.completed_4xx.value == 1

    def test_a_large_one_goes_by_tcp(self, story: Story) -> None:
        story.send("MESSAGE", body=b"x" * 1400)
        sent = story.only_sent()
        assert sent.hop.transport == "tcp"
        assert sent.message.via.transport == b"TCP"

    def test_a_large_one_falls_back_on_udp(self, story: Story) -> None:
        story.send("MESSAGE", body=b"x" * 1400)
        _ = story.sent
        story.environment.errors["198.51.100.1"](story.branches[0].hop, OSError())
        assert story.only_sent().hop.transport == "udp"
        assert story.heard == []

    def test_a_large_one_stays_on_udp_where_the_uri_says_so(self, story: Story) -> None:
        story.send("MESSAGE", uri=BOB + ";transport=udp", body=b"x" * 1400)
        assert story.only_sent().hop.transport == "udp"


class TestAnswers:
    @pytest.mark.parametrize("status", [200, 202, 302, 401, 404, 486, 500, 603])
    @pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
    def test_each_provisional_and_the_final_one_are_told(
        self, story: Story, method: str, status: int
    ) -> None:
        story.send(method)
        story.response(100)
        story.response(183)
        story.response(status)
        assert story.heard == [100, 183, status]
        assert story.is_over()
        assert story.heard == [100, 183, status]

    def test_a_retransmitted_final_one_is_told_once(self, story: Story) -> None:
        story.send()
        story.response(200)
        story.response(200)
        assert story.heard == [200]
        assert story.is_over()

    def test_a_negative_answer_to_invite_gets_its_ack_each_time(self, story: Story) -> None:
        story.send("INVITE")
        _ = story.sent
        story.response(486)
        story.response(486)
        assert story.lines == [f"ACK {BOB} SIP/2.0"] * 2
        assert story.heard == [486]

    def test_one_with_a_further_via_is_not_for_us(self, story: Story) -> None:
        story.send()
        via = b"Via: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bKmallory\r\n"
        assert not story.response(200, headers=via)
        assert story.heard == []
        assert story.tm.unmatched_responses.value == 1

    def test_responses_after_the_end_match_nothing(self, story: Story) -> None:
        story.send()
        story.response(200)
        assert story.is_over()
        assert not story.response(200)


class TestRetransmission:
    def test_invite_is_repeated_at_doubling_gaps(self, story: Story) -> None:
        story.send("INVITE")
        _ = story.sent
        story.at(7.6)
        assert len(story.lines) == 4  # 0.5, 1.5, 3.5, 7.5

    def test_invite_is_not_repeated_once_it_rings(self, story: Story) -> None:
        story.send("INVITE")
        story.response(180)
        _ = story.sent
        story.at(20)
        assert story.lines == []

    def test_others_are_repeated_up_to_t2(self, story: Story) -> None:
        story.send()
        _ = story.sent
        story.at(29.9)
        assert len(story.lines) == 3 + 6

    def test_nothing_is_repeated_over_tcp(self, story: Story) -> None:
        story.send(uri=BOB + ";transport=tcp")
        _ = story.sent
        story.at(29)
        assert story.lines == []


class TestNoAnswer:
    @pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
    def test_silence_is_told_as_408(self, story: Story, method: str) -> None:
        story.send(method)
        story.at(29.9)
        assert story.heard == []
        story.at(30.1)
        assert story.heard == ["none: 408"]
        assert story.is_over()

    def test_an_invite_that_rings_too_long_is_cancelled(self, story: Story) -> None:
        story.send("INVITE")
        story.response(180)
        _ = story.sent
        story.at(120.1)
        assert story.heard == [180, "none: 408"]
        assert story.lines == [f"CANCEL {BOB} SIP/2.0"]
        assert story.is_over()

    def test_a_connection_that_breaks_is_told_as_503(self, story: Story) -> None:
        story.send(uri=BOB + ";transport=tcp")
        story.environment.errors["198.51.100.1"](story.branches[0].hop, OSError())
        assert story.heard == ["none: 503"]
        assert story.is_over()

    def test_a_send_that_fails_later_is_told_as_503(self, story: Story) -> None:
        story.send()
        story.environment.unreachable.add("198.51.100.1")
        story.at(0.6)
        assert story.heard == ["none: 503"]
        assert story.is_over()

    def test_a_transaction_that_was_given_up_is_told_as_503(self, story: Story) -> None:
        request = story.send()
        assert request.client is not None
        story.proxy.uac.on_broken(request.client, 1000.0)
        assert story.heard == ["none: 503"]


class TestUnsendable:
    def test_a_first_send_that_fails_is_an_error(self, story: Story) -> None:
        story.environment.unreachable.add("198.51.100.1")
        story.send()
        assert story.heard == [f"error: {E_SEND}"]
        assert story.is_over()

    def test_a_name_that_leads_nowhere_is_an_error(self, story: Story) -> None:
        story.environment.names[b"nowhere"] = []
        story.send(uri="sip:nowhere")
        assert story.heard == [f"error: {E_BAD_ADDRESS}"]
        assert story.is_over()

    def test_so_is_one_that_the_dns_does_not_know(self, story: Story) -> None:
        story.send(uri="sip:slow.example")
        assert story.heard == []
        story.environment.waiting[0]([])
        assert story.heard == [f"error: {E_BAD_ADDRESS}"]
        assert story.is_over()

    def test_a_transport_we_have_not_got_is_an_error(
        self, story: Story, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(story.environment, "listener_for", lambda *_: None)
        story.send()
        assert story.heard == [f"error: {E_NO_SOCKET}"]
        assert story.is_over()

    def test_nothing_unsent_is_counted_as_completed(self, story: Story) -> None:
        story.environment.names[b"nowhere"] = []
        story.send(uri="sip:nowhere")
        assert story.tm.completed_5xx.value == 0


class TestTargets:
    """RFC 3263 §4.3: where to go when the first target is of no use."""

    @pytest.fixture
    def farm(self, story: Story) -> Story:
        story.environment.names[b"farm"] = FARM
        return story

    def hosts(self, story: Story) -> list[str]:
        return [sent.hop.host for sent in story.sent if not sent.line.startswith("ACK")]

    def test_the_name_may_have_to_be_asked_for(self, story: Story) -> None:
        story.send(uri="sip:slow.example")
        assert story.lines == []
        story.environment.waiting[0](FARM)
        assert self.hosts(story) == ["203.0.113.1"]

    @pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
    def test_503_leads_to_the_next(self, farm: Story, method: str) -> None:
        farm.send(method, "sip:farm")
        farm.response(503)
        assert self.hosts(farm) == ["203.0.113.1", "203.0.113.2"]
        assert farm.heard == []
        farm.response(200, branch=1)
        assert farm.heard == [200]
        assert farm.is_over()

    def test_the_last_503_is_told(self, farm: Story) -> None:
        farm.send(uri="sip:farm")
        farm.response(503)
        farm.response(503, branch=1)
        assert farm.heard == [503]
        assert farm.is_over()

    def test_each_try_has_a_branch_of_its_own(self, farm: Story) -> None:
        farm.send(uri="sip:farm")
        farm.response(503)
        first, second = (sent.message.via.branch for sent in farm.branches)
        assert first != second

    def test_a_failed_send_leads_to_the_next(self, farm: Story) -> None:
        farm.environment.unreachable.add("203.0.113.1")
        farm.send(uri="sip:farm")
        assert self.hosts(farm) == ["203.0.113.2"]

    def test_an_invite_that_nobody_answers_goes_on_too(self, farm: Story) -> None:
        farm.send("INVITE", "sip:farm")
        farm.at(30.1)
        assert self.hosts(farm)[-1] == "203.0.113.2"
        farm.at(60.2)
        assert farm.heard == ["none: 408"]
        assert farm.is_over()

    def test_another_request_that_nobody_answers_does_not(self, farm: Story) -> None:
        farm.send(uri="sip:farm")
        farm.at(30.1)
        assert set(self.hosts(farm)) == {"203.0.113.1"}
        assert farm.heard == ["none: 408"]

    def test_one_that_was_cancelled_goes_nowhere_else(self, farm: Story) -> None:
        farm.send("INVITE", "sip:farm")
        farm.cancel()
        farm.response(503)
        assert self.hosts(farm) == ["203.0.113.1"]
        assert farm.heard == [503]


class TestCancel:
    def test_it_waits_for_the_first_provisional_response(self, story: Story) -> None:
        story.send("INVITE")
        _ = story.sent
        assert story.cancel()
        assert story.lines == []
        story.response(100)
        sent = story.only_sent()
        assert sent.line == f"CANCEL {BOB} SIP/2.0"
        assert sent.message.via.branch == story.branches[0].message.via.branch
        assert sent.message.cseq_number == 10

    def test_afterwards_it_leaves_at_once(self, story: Story) -> None:
        story.send("INVITE")
        story.response(180)
        _ = story.sent
        assert story.cancel()
        assert story.lines == [f"CANCEL {BOB} SIP/2.0"]
        story.response(200, method=b"CANCEL")
        story.response(487)
        assert story.heard == [180, 487]
        assert story.is_over()

    def test_a_second_one_sends_nothing(self, story: Story) -> None:
        story.send("INVITE")
        story.response(180)
        story.cancel()
        _ = story.sent
        assert story.cancel()
        assert story.lines == []

    def test_one_that_is_not_answered_ends_after_32_seconds(self, story: Story) -> None:
        story.send("INVITE")
        story.response(180)
        story.cancel()
        story.at(32.1)
        assert story.heard == [180, "none: 408"]
        assert story.is_over()

    def test_an_invite_that_nobody_answers_still_ends_with_408(self, story: Story) -> None:
        story.send("INVITE")
        story.cancel()
        story.at(30.1)
        assert story.heard == ["none: 408"]
        assert story.is_over()

    def test_one_that_waits_for_the_dns_ends_at_once(self, story: Story) -> None:
        story.send("INVITE", "sip:slow.example")
        assert story.cancel()
        assert story.heard == ["none: 487"]
        story.environment.waiting[0](FARM)
        assert story.lines == []
        assert story.is_over()

    def test_an_accepting_answer_that_crosses_it_is_told(self, story: Story) -> None:
        story.send("INVITE")
        story.response(180)
        story.cancel()
        story.response(200)
        assert story.heard == [180, 200]

    def test_only_an_invite_can_be_cancelled(self, story: Story) -> None:
        story.send("OPTIONS")
        assert not story.cancel("OPTIONS")

    def test_nothing_else_is_found(self, story: Story) -> None:
        story.send("INVITE")
        uac = story.proxy.uac
        assert not uac.cancel(b"another", b"10 INVITE")
        assert not uac.cancel(b"call-9", b"11 INVITE")
        story.response(486)
        assert not story.cancel()


def test_two_requests_with_the_same_ids_do_not_lose_each_other(story: Story) -> None:
    story.send("INVITE")
    story.send("INVITE")
    story.response(486, branch=0)
    assert story.proxy.uac.requests
    story.response(486, branch=1)
    assert story.heard == [486, 486]
    assert story.is_over()


def test_a_user_who_does_not_care_is_none(story: Story) -> None:
    story.proxy.uac.send(UacRequest(draft("BYE"), parse_uri(BOB.encode()), None))
    story._remember()
    story.response(100)
    story.response(200)
    assert story.is_over()


def test_the_stateful_proxy_beside_it_is_not_disturbed(story: Story) -> None:

    story.send()
    story.request(request("MESSAGE"), BOB)
    story.response(200, branch=1)
    assert story.lines[-1] == "SIP/2.0 200 x"
    assert story.heard == []

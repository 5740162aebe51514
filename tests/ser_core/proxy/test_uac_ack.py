"""ACKs of our own: RFC 3261 §13.2.2.4 and §17.1."""

from __future__ import annotations

import pytest

from ser_core.proxy.uac_ack import MAX_DIALOGS
from ser_core.proxy.uac_request import Sent
from ser_core.script.runtime import E_BAD_ADDRESS, E_NO_SOCKET, E_SEND
from ser_core.sip.message import Request
from ser_core.sip.names import AUTHORIZATION
from ser_core.sip.parser import parse_message
from ser_core.sip.request import Header
from ser_core.sip.uri import parse_uri
from tests.support.ladder import Target, response_to
from tests.support.own_requests import BOB, Story, draft

CONTACT = b"Contact: <sip:phone@203.0.113.7:5077>\r\n"
LOOSE = b"Record-Route: <sip:198.51.100.2;lr>\r\nRecord-Route: <sip:198.51.100.1;lr>\r\n"
STRICT = b"Record-Route: <sip:198.51.100.2>, <sip:198.51.100.1>\r\n"


@pytest.fixture
def story() -> Story:
    """An INVITE of ours rings."""
    made = Story()
    credentials = Header(AUTHORIZATION, b'Authorization: Digest username="d"\r\n')
    made.send("INVITE", headers=(credentials,))
    made.response(180)
    _ = made.sent
    return made


def accept(story: Story, tag: str = "callee", headers: bytes = CONTACT) -> None:
    """A phone accepts, with that To-tag."""
    data = response_to(story.last_request, 200, headers=headers)
    response = parse_message(data.replace(b";tag=callee", f";tag={tag}".encode()))
    assert story.proxy.clients.receive(response, story.environment.now)  # type: ignore[arg-type]


def ack(story: Story) -> Request:
    message = story.only_sent().message
    assert isinstance(message, Request)
    assert message.method == b"ACK"
    return message


class TestAck:
    def test_it_goes_to_the_contact(self, story: Story) -> None:
        accept(story)
        (sent,) = story.environment.sent
        assert (sent.hop.host, sent.hop.port) == ("203.0.113.7", 5077)
        request = ack(story)
        assert request.uri == b"sip:phone@203.0.113.7:5077"
        assert request.cseq_number == 10
        assert request.to_tag == b"callee"
        assert request.from_tag == b"d"
        assert request.call_id == b"call-9"

    def test_it_has_a_branch_of_its_own(self, story: Story) -> None:
        accept(story)
        assert ack(story).via.branch != story.branches[0].message.via.branch

    def test_it_has_the_credentials_of_the_invite(self, story: Story) -> None:
        accept(story)
        assert ack(story).header(b"authorization") == b'Digest username="d"'

    def test_loose_routers_are_on_its_way(self, story: Story) -> None:
        accept(story, headers=CONTACT + LOOSE)
        assert story.environment.sent[0].hop.host == "198.51.100.1"
        request = ack(story)
        assert request.uri == b"sip:phone@203.0.113.7:5077"
        routes = [b"<sip:198.51.100.1;lr>", b"<sip:198.51.100.2;lr>"]
        assert request.headers(b"route") == routes

    def test_a_strict_router_gets_what_it_needs(self, story: Story) -> None:
        accept(story, headers=CONTACT + STRICT)
        assert story.environment.sent[0].hop.host == "198.51.100.1"
        request = ack(story)
        assert request.uri == b"sip:198.51.100.1"
        routes = [b"<sip:198.51.100.2>", b"<sip:phone@203.0.113.7:5077>"]
        assert request.headers(b"route") == routes

    def test_without_a_contact_it_goes_where_the_invite_went(self, story: Story) -> None:
        accept(story, headers=b"")
        assert ack(story).uri == BOB.encode()

    def test_each_2xx_gets_the_same_one(self, story: Story) -> None:
        for _time in range(3):
            accept(story)
        assert len({sent.data for sent in story.environment.sent}) == 1
        assert len(story.sent) == 3
        assert story.heard == [180, 200]

    def test_it_may_wait_for_the_dns(self, story: Story) -> None:
        accept(story, headers=b"Contact: <sip:phone@slow.example>\r\n")
        accept(story, headers=b"Contact: <sip:phone@slow.example>\r\n")
        assert story.lines == []
        assert story.heard == [180, 200]
        story.environment.waiting[0]([Target("udp", "203.0.113.7", 5060)])
        assert story.lines == ["ACK sip:phone@slow.example SIP/2.0"]
        assert story.is_over()

    @pytest.mark.parametrize(
        "headers",
        [
            b"Contact: *\r\n",
            b"Contact: <sip:a@b>, <\r\n",
            b"Contact: <mailto:a@b.example>\r\n",
            b"Contact: <sip:[::x]>\r\n",
            b"Record-Route: <sip:a;lr>, ,\r\n",
            b"Record-Route: <sip:[x>\r\n",
            b'Contact: "\r\n',
            b"Contact: <sip:" + b"a" * 3000 + b">\r\n",
        ],
    )
    def test_a_hostile_answer_is_told_all_the_same(self, story: Story, headers: bytes) -> None:
        accept(story, headers=headers)
        assert story.heard == [180, 200]
        for waiting in story.environment.waiting:
            waiting([])
        assert story.is_over()

    def test_a_to_that_cannot_be_read_is_told_all_the_same(self, story: Story) -> None:
        data = response_to(story.last_request, 200).replace(b";tag=callee", b';tag="')
        response = parse_message(data)
        story.proxy.clients.receive(response, story.environment.now)  # type: ignore[arg-type]
        assert story.heard == [180, 200]


class TestHangingUp:
    def test_a_second_phone_that_accepts_is_hung_up(self, story: Story) -> None:
        accept(story, "one")
        _ = story.sent
        accept(story, "two", b"Contact: <sip:phone@203.0.113.8>\r\n")
        first, second = (sent.message for sent in story.sent)
        assert isinstance(first, Request)
        assert isinstance(second, Request)
        assert (first.method, second.method) == (b"ACK", b"BYE")
        assert first.uri == second.uri == b"sip:phone@203.0.113.8"
        assert (second.to_tag, second.cseq_number) == (b"two", 11)
        assert story.heard == [180, 200]
        assert story.is_over()

    def test_one_that_accepts_after_the_end_is_hung_up(self, story: Story) -> None:
        story.at(120.1)
        _ = story.sent
        accept(story)
        assert [line.split()[0] for line in story.lines] == ["ACK", "BYE"]
        assert story.heard == [180, "none: 408"]
        assert story.tm.late_responses.value == 1
        assert story.is_over()

    def test_its_retransmissions_get_the_ack_only(self, story: Story) -> None:
        story.at(120.1)
        accept(story)
        _ = story.sent
        accept(story)
        assert [line.split()[0] for line in story.lines] == ["ACK"]

    def test_nobody_can_have_us_send_to_any_number_of_places(self, story: Story) -> None:
        for number in range(MAX_DIALOGS + 5):
            accept(story, f"tag{number}")
        assert sum(line.startswith("ACK") for line in story.lines) == MAX_DIALOGS


class TestOnItsOwn:
    """An ACK that somebody else asks for."""

    def send(self, story: Story, uri: str = BOB) -> list[Sent | int]:
        outcomes: list[Sent | int] = []
        story.proxy.uac.send_ack(draft("ACK", uri), parse_uri(uri.encode()), outcomes.append)
        return outcomes

    def test_it_leaves_no_transaction(self) -> None:
        story = Story()
        (outcome,) = self.send(story)
        assert isinstance(outcome, Sent)
        assert story.lines == [f"ACK {BOB} SIP/2.0"]
        assert story.proxy.table.clients == {}
        assert story.tm.total.value == 0

    def test_it_goes_to_the_next_target_when_the_first_fails(self) -> None:
        story = Story()
        story.environment.names[b"farm"] = [
            Target("udp", "203.0.113.1", 5060),
            Target("udp", "203.0.113.2", 5060),
        ]
        story.environment.unreachable.add("203.0.113.1")
        self.send(story, "sip:farm")
        assert story.only_sent().hop.host == "203.0.113.2"

    def test_errors_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        story = Story()
        story.environment.names[b"nowhere"] = []
        assert self.send(story, "sip:nowhere") == [E_BAD_ADDRESS]
        story.environment.unreachable.add("198.51.100.1")
        assert self.send(story) == [E_SEND]
        monkeypatch.setattr(story.environment, "listener_for", lambda *_: None)
        assert self.send(story) == [E_NO_SOCKET]

"""Single messages: forwarded, answered, and responses that nobody asked for."""

from __future__ import annotations

import pytest

from ser_core.proxy.stateless import StatelessProxy, via_values
from ser_core.script.runtime import E_BAD_ADDRESS, E_BAD_URI, E_SEND, E_UNSUPPORTED_SCHEME
from ser_core.sip.message import Response
from ser_core.sip.parser import parse_message
from ser_core.sip.stateless_tag import StatelessTag
from tests.support.ladder import FakeEnvironment, Ladder, Target, request, response_to


@pytest.fixture
def ladder() -> Ladder:
    return Ladder()


@pytest.fixture
def stateless(ladder: Ladder) -> StatelessProxy:
    return StatelessProxy(ladder.environment, StatelessTag(b"secret"))  # type: ignore[arg-type]


def test_request_is_forwarded_to_the_destination_with_its_own_uri(
    ladder: Ladder, stateless: StatelessProxy
) -> None:
    msg = ladder.message(request("ACK", uri="sip:bob@198.51.100.7"))
    assert stateless.forward(msg, b"sip:198.51.100.1:5070", None) == 1
    (sent,) = ladder.sent
    assert sent.line == "ACK sip:bob@198.51.100.7 SIP/2.0"
    assert (sent.hop.host, sent.hop.port) == ("198.51.100.1", 5070)


def test_errors_are_numbers(ladder: Ladder, stateless: StatelessProxy) -> None:
    msg = ladder.message(request())
    ladder.environment.names[b"nowhere"] = []
    ladder.environment.unreachable.add("198.51.100.1")
    assert stateless.forward(msg, b"tel:1", None) == E_UNSUPPORTED_SCHEME
    assert stateless.forward(msg, b"rubbish", None) == E_BAD_URI
    assert stateless.forward(msg, b"sip:nowhere", None) == E_BAD_ADDRESS
    assert stateless.forward(msg, b"sip:198.51.100.1", None) == E_SEND


def test_name_is_resolved_later(ladder: Ladder, stateless: StatelessProxy) -> None:
    assert stateless.forward(ladder.message(request()), b"sip:example.net", None) == 1
    assert ladder.sent == []
    ladder.environment.waiting[0]([Target("udp", "198.51.100.1", 5060)])
    assert len(ladder.sent) == 1


def response_by_way_of(environment: FakeEnvironment, ladder: Ladder) -> Response:
    """A response to a request that was forwarded statelessly."""
    made = parse_message(response_to(ladder.sent[0].message, 200))
    assert isinstance(made, Response)
    return made


def test_response_to_what_we_forwarded_goes_to_its_second_via(
    ladder: Ladder, stateless: StatelessProxy
) -> None:
    stateless.forward(ladder.message(request("OPTIONS")), b"sip:198.51.100.1", None)
    response = response_by_way_of(ladder.environment, ladder)
    assert stateless.forward_response(response, any_branch=False)
    (sent,) = ladder.sent
    assert (sent.hop.host, sent.hop.port) == ("192.0.2.1", 5060)
    assert len(sent.message.headers(b"via")) == 1


def test_response_nobody_asked_for_goes_nowhere(ladder: Ladder, stateless: StatelessProxy) -> None:
    stateless.forward(ladder.message(request("OPTIONS")), b"sip:198.51.100.1", None)
    forged = response_by_way_of(ladder.environment, ladder)
    text = forged.buffer.replace(b"branch=z9hG4bK", b"branch=z9hG4bK0", 1)
    response = parse_message(text)
    assert isinstance(response, Response)
    assert not stateless.forward_response(response, any_branch=False)
    assert ladder.sent == []
    assert stateless.forward_response(response, any_branch=True)


def test_response_with_one_via_has_nowhere_to_go(ladder: Ladder, stateless: StatelessProxy) -> None:
    response = parse_message(response_to(ladder.message(request()).message, 200))
    assert isinstance(response, Response)
    assert not stateless.forward_response(response, any_branch=True)


def test_vias_are_found_on_one_line_and_on_several() -> None:
    one = request().replace(b"caller\r\n", b"caller, SIP/2.0/UDP b;branch=z9hG4bK2\r\n")
    two = request().replace(b"caller\r\n", b"caller\r\nv: SIP/2.0/UDP b;branch=z9hG4bK2\r\n")
    for data in (one, two):
        assert [via.branch for via in via_values(parse_message(data), 5)] == [
            b"z9hG4bKcaller",
            b"z9hG4bK2",
        ]

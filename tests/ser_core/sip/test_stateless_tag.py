from __future__ import annotations

import re

import pytest

from ser_core.errors import ParseError
from ser_core.sip.message import Request
from ser_core.sip.parser import parse_message
from ser_core.sip.stateless_tag import StatelessTag
from tests.support.script_messages import request_bytes

TAGS = StatelessTag(b"a secret of the tests")


def request(**parts: str) -> Request:
    message = parse_message(request_bytes(**parts))
    assert isinstance(message, Request)
    return message


def test_a_retransmission_gets_the_same_tag() -> None:
    assert TAGS.tag_for(request()) == TAGS.tag_for(request())


def test_every_process_that_knows_the_secret_makes_the_same_tag() -> None:
    assert StatelessTag(b"a secret of the tests").tag_for(request()) == TAGS.tag_for(request())


def test_who_doesnt_know_the_secret_makes_another() -> None:
    assert StatelessTag(b"a guess").tag_for(request()) != TAGS.tag_for(request())


@pytest.mark.parametrize(
    "parts",
    [
        {"via": "SIP/2.0/UDP 192.0.2.101;branch=z9hG4bK-2"},
        {"via": "SIP/2.0/UDP 192.0.2.101:5062;branch=z9hG4bK-1"},
        {"via": "SIP/2.0/UDP 192.0.2.102;branch=z9hG4bK-1"},
    ],
)
def test_another_request_gets_another_tag(parts: dict[str, str]) -> None:
    assert TAGS.tag_for(request(**parts)) != TAGS.tag_for(request())


def test_a_tag_is_short_and_a_token() -> None:
    assert re.fullmatch(rb"[0-9a-f]{8}\.[0-9a-f]{16}", TAGS.tag_for(request()))


def test_the_ack_to_our_reply_is_ours() -> None:
    tag = TAGS.tag_for(request()).decode()
    assert TAGS.is_ours(request(method="ACK", to=f"<sip:bob@example.com>;tag={tag}"))


def test_an_ack_with_another_tag_isnt() -> None:
    prefix = TAGS.tag_for(request())[:9].decode()
    for tag in ("314159", prefix + "0" * 16, prefix):
        assert not TAGS.is_ours(request(method="ACK", to=f"<sip:bob@example.com>;tag={tag}"))


def test_a_via_that_cant_be_read_is_a_parse_error() -> None:
    with pytest.raises(ParseError):
        TAGS.tag_for(request(via="rubbish"))


def test_each_purpose_has_a_key_of_its_own_that_all_processes_make_alike() -> None:
    key = TAGS.key_for(b"nonces")
    assert len(key) == 32
    assert key == StatelessTag(b"a secret of the tests").key_for(b"nonces")
    assert key != TAGS.key_for(b"others")
    assert key != StatelessTag(b"a guess").key_for(b"nonces")

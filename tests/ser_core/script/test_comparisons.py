"""Comparisons that are more than a look at the message, and operands that can't be read."""

from __future__ import annotations

import pytest

from ser_core.script.comparisons import address_in, network_of
from ser_core.sip.hop import Hop, Listener
from tests.support.scripts import OURS, Run, is_true, message

BAD_FROM = (
    b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.101;branch=z9hG4bK-1\r\n"
    b"From: <sip:alice@exa mple>;tag=1\r\nTo: <sip:bob@[example>\r\n"
    b"Call-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"
)


@pytest.mark.parametrize("condition", ["uri==myself", "uri!=myself"])
def test_a_comparison_of_an_unreadable_uri_is_false_and_logged(condition: str) -> None:
    msg = message()
    msg.message.uri = b"sip:bob@[example"
    run = Run(f'if ({condition})\n say("then"); else say("else");', msg)
    assert run.calls == ["else"]
    ((level, text),) = run.log
    assert level == 1
    assert text.startswith("ser.cfg:2: the Request-URI can't be read, so this is false: ")


def test_the_error_does_not_choose_the_else_branch_for_a_not() -> None:
    """In SER an error in `!(uri==myself)` ran the else branch, as if the URI were our own."""
    msg = message()
    msg.message.uri = b"sip:bob@[example"
    assert Run('if (!uri==myself) say("foreign"); else say("ours");', msg).calls == ["foreign"]


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("from_uri==myself", "From"),
        ("from_uri!=myself", "From"),
        ("to_uri==myself", "To"),
        ("to_uri!=myself", "To"),
    ],
)
def test_a_broken_from_or_to_is_false_and_logged(condition: str, what: str) -> None:
    run = Run(f'if ({condition}) say("then");', message(data=BAD_FROM))
    assert run.calls == []
    assert [x.partition(",")[0] for _, x in run.log] == [f"ser.cfg:2: {what} can't be read"]


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ('from_uri=="x"', "From"),
        ('from_uri!="x"', "From"),
        ('from_uri=~"x"', "From"),
        ('to_uri=="x"', "To"),
        ('to_uri!="x"', "To"),
        ('to_uri=~"x"', "To"),
    ],
)
def test_a_header_without_uri_is_false_and_logged(condition: str, what: str) -> None:
    data = BAD_FROM.replace(b"<sip:alice@exa mple>", b'"broken').replace(b"<sip:bob@", b'"')
    run = Run(f'if ({condition}) say("then");', message(data=data))
    assert run.calls == []
    assert [x.partition(",")[0] for _, x in run.log] == [f"ser.cfg:2: {what} can't be read"]


def test_a_network_as_numbers() -> None:
    assert network_of("10.0.0.0/8") == (4, 10 << 24, 0xFF000000)


def test_a_peer_without_address_is_in_no_network() -> None:
    source = Hop("udp", "", 0, Listener("udp", "192.0.2.1", 5060))
    assert not is_true("src_ip==0.0.0.0/0", message(source=source))
    assert is_true("src_ip==192.0.2.0/24", message(source=Hop("udp", "192.0.2.9", 5060, OURS)))


@pytest.mark.parametrize(
    ("address", "network", "inside"),
    [
        ("10.255.0.1", "10.0.0.0/8", True),
        ("11.0.0.1", "10.0.0.0/8", False),
        ("2001:db8:ffff::1", "2001:db8::/32", True),
        ("fe80::1%eth0", "fe80::/10", True),
        ("10.0.0.1", "::/0", False),
        ("::1", "0.0.0.0/0", False),
        ("", "0.0.0.0/0", False),
    ],
)
def test_an_address_in_a_network(address: str, network: str, inside: bool) -> None:
    assert address_in(address, network_of(network), True) is inside
    assert address_in(address, network_of(network), False) is not inside

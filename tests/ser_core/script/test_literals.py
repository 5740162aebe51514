"""Hosts, addresses and networks that stand bare in ser.cfg."""

from __future__ import annotations

import pytest

from ser_core.script.literals import (
    BadLiteral,
    Found,
    address_at,
    host_at,
    ip_at,
    mask_at,
    transport_at,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1)", "10.0.0.1"),
        ("10.0.0.1/8", "10.0.0.1"),
        ("10.0.0.1:5060", "10.0.0.1"),
        ("010.0.0.0x10", "8.0.0.16"),
        ("::1", "::1"),
        ("2001:DB8:0:0::1 x", "2001:db8::1"),
        ("[2001:db8::1]:5060", "2001:db8::1"),
        ("[ ::1 ]", "::1"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
    ],
)
def test_an_address_in_its_canonical_form(text: str, address: str) -> None:
    found = ip_at(text, 0)
    assert found is not None
    assert found.text == address


@pytest.mark.parametrize(
    "text",
    ["", "host", "10", "10.0.0", "10.0.0.1.example.org", "10.0.0.1a", "a:b", "5060:1", "1.2.3.4.5"],
)
def test_what_is_no_address(text: str) -> None:
    assert ip_at(text, 0) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10.0.0.256", "10.0.0.256 is no IPv4 address"),
        ("10.0.0.08", "10.0.0.08 is no IPv4 address"),
        ("10.0.0.99999999999999999999999", "10.0.0.99999999999999999999999 is no IPv4 address"),
        ("1:2:3", "1:2:3 is no IPv6 address"),
        ("[10.0.0.1]", "10.0.0.1 is no IPv6 address"),
        ("1::2::3", "1::2::3 is no IPv6 address"),
    ],
)
def test_what_only_looks_like_an_address(text: str, reason: str) -> None:
    with pytest.raises(BadLiteral) as caught:
        ip_at(text, 0)
    assert str(caught.value) == reason
    assert caught.value.end == len(text)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.0.0.0 / 8", "10.0.0.0/8"),
        ("10.0.0.0/255.255.0.0", "10.0.0.0/16"),
        ("10.0.0.1/32", "10.0.0.1/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:db8::/ffff:ffff::", None),
    ],
)
def test_a_network_by_length_or_mask(text: str, network: str | None) -> None:
    address = ip_at(text, 0)
    assert address is not None
    if network is None:
        with pytest.raises(BadLiteral):
            mask_at(text, address)
        return
    assert mask_at(text, address) == Found(network, len(text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10.0.0.0/33", "33 is no network mask for 10.0.0.0"),
        ("10.0.0.0/255.0.255.0", "255.0.255.0 is no network mask for 10.0.0.0"),
        ("10.0.0.0/::1", "::1 is no network mask for 10.0.0.0"),
        ("10.0.0.0/x", 'expected a mask or a number of bits behind "/"'),
        ("::/129", "129 is no network mask for ::"),
    ],
)
def test_a_wrong_mask(text: str, reason: str) -> None:
    address = ip_at(text, 0)
    assert address is not None
    with pytest.raises(BadLiteral, match=reason.replace("(", r"\(")):
        mask_at(text, address)


def test_without_a_slash_there_is_no_network() -> None:
    assert mask_at("10.0.0.1 x", Found("10.0.0.1", 8)) is None
    assert mask_at("10.0.0.1/* comment */", Found("10.0.0.1", 8)) is None


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("sip.example.org;", "sip.example.org"),
        ("sip-1.example.org", "sip-1.example.org"),
        ("port.example.org", "port.example.org"),
        ("3com.com", "3com.com"),
        ("eth0.100)", "eth0.100"),
        ("host.)", "host"),
        ("10.0.0.1", "10.0.0.1"),
        ("_sip", None),
        ("", None),
    ],
)
def test_a_host(text: str, host: str | None) -> None:
    found = host_at(text, 0)
    assert (found.text if found else None) == host


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", ("*", "10.0.0.1", -1)),
        ("10.0.0.1:5070", ("*", "10.0.0.1", 5070)),
        ("udp:10.0.0.1:5070", ("udp", "10.0.0.1", 5070)),
        ("UDP : eth0 : 5070", ("udp", "eth0", 5070)),
        ("tcp:[2001:db8::1]:5070", ("tcp", "2001:db8::1", 5070)),
        ("tls:2001:db8::1", ("tls", "2001:db8::1", -1)),
        ("*:example.org:*", ("*", "example.org", 0)),
        ("udp", ("*", "udp", -1)),
        ("::1", ("*", "::1", -1)),
    ],
)
def test_a_socket_name(text: str, address: tuple[str, str, int]) -> None:
    found = address_at(text, 0)
    assert found is not None
    assert found[:3] == address
    assert found.end == len(text)


def test_a_socket_name_with_a_quoted_host() -> None:
    text = 'udp:"a.b":5070'
    transport = transport_at(text, 0)
    assert transport == Found("udp", 4)
    assert address_at(text, 9, "a.b") == ("*", "a.b", 5070, len(text))


@pytest.mark.parametrize("text", ["10.0.0.1:65536", "10.0.0.1:99999999"])
def test_a_port_has_its_limit(text: str) -> None:
    with pytest.raises(BadLiteral, match="is no port"):
        address_at(text, 0)


def test_no_socket_name() -> None:
    assert address_at("= x", 0) is None
    assert transport_at("udp::1", 0) is None

"""Listeners, hops, and what is ours."""

from __future__ import annotations

import pytest

from ser_core.sip.hop import Listener, LocalAddresses, bracketed


@pytest.mark.parametrize(
    ("listener", "via"),
    [
        (Listener("udp", "192.0.2.1", 5060), b"Via: SIP/2.0/UDP 192.0.2.1;branch="),
        (Listener("tcp", "192.0.2.1", 5080), b"Via: SIP/2.0/TCP 192.0.2.1:5080;branch="),
        (Listener("udp", "2001:db8::1", 5060), b"Via: SIP/2.0/UDP [2001:db8::1];branch="),
        (
            Listener("udp", "10.0.0.1", 5060, advertised_host="203.0.113.1"),
            b"Via: SIP/2.0/UDP 203.0.113.1;branch=",
        ),
        (
            Listener("udp", "10.0.0.1", 5060, advertised_port=5090),
            b"Via: SIP/2.0/UDP 10.0.0.1:5090;branch=",
        ),
    ],
)
def test_via_of_a_listener(listener: Listener, via: bytes) -> None:
    assert listener.via == via


LOCAL = LocalAddresses(
    [
        Listener("udp", "192.0.2.1", 5060, name="proxy.example.com"),
        Listener("udp", "192.0.2.1", 5080),
        Listener("tcp", "2001:db8::1", 5060),
    ],
    [("*", "example.com", 0), ("udp", "example.net", 5070)],
)


@pytest.mark.parametrize(
    ("host", "port", "ours"),
    [
        (b"192.0.2.1", 0, True),
        (b"192.0.2.1", 5060, True),
        (b"192.0.2.1", 5080, True),
        (b"192.0.2.1", 5061, False),
        (b"192.0.2.2", 0, False),
        (b"PROXY.example.COM", 0, True),
        (b"[2001:db8::1]", 0, True),
        (b"[2001:DB8::1]", 5060, True),
        (b"2001:db8::1", 0, True),
        (b"example.com", 0, True),
        (b"example.com", 1234, True),
        (b"example.com.", 0, True),
        (b"Example.NET.", 5070, True),
        (b"example.com..", 0, False),
        (b".", 0, False),
        (b"example.net", 5070, True),
        (b"example.net", 0, False),
        (b"", 0, False),
    ],
)
def test_myself(host: bytes, port: int, ours: bool) -> None:
    assert LOCAL.is_myself(host, port) is ours


def test_listener_for_a_peer_has_its_transport_and_family() -> None:
    assert LOCAL.for_peer("tcp", "2001:db8::9") is LOCAL.listeners[2]
    assert LOCAL.for_peer("udp", "198.51.100.1") is LOCAL.listeners[0]
    assert LOCAL.for_peer("tcp", "198.51.100.1") is None


def test_loopback_listener_serves_loopback_peers_first() -> None:
    local = LocalAddresses([Listener("udp", "127.0.0.1", 5060), Listener("udp", "192.0.2.1", 5060)])
    assert local.for_peer("udp", "127.0.0.9") is local.listeners[0]
    assert local.for_peer("udp", "198.51.100.1") is local.listeners[1]


def test_only_ipv6_is_bracketed() -> None:
    assert [bracketed(host) for host in ("::1", "[::1]", "127.0.0.1", "a.b")] == [
        "[::1]",
        "[::1]",
        "127.0.0.1",
        "a.b",
    ]


def test_aliases_change_and_listeners_stay() -> None:
    local = LocalAddresses([Listener("udp", "192.0.2.1", 5060)], [("*", "a.example", 0)])
    local.use_aliases([("*", "b.example", 5070)])
    assert not local.is_myself(b"a.example")
    assert local.is_myself(b"B.example", 5070)
    assert not local.is_myself(b"b.example")
    assert local.is_myself(b"192.0.2.1")

from __future__ import annotations

import socket

import pytest

from ser_core.transport import guards
from ser_core.transport.guards import (
    DestinationRefused,
    Destinations,
    family_of,
    refusal,
    socket_address,
)
from ser_core.transport.limits import Limits

LIMITS = Limits()


@pytest.mark.parametrize(
    ("host", "port", "why"),
    [
        ("224.0.1.75", 5060, "multicast"),
        ("239.255.255.255", 5060, "multicast"),
        ("ff02::1", 5060, "multicast"),
        ("::ffff:224.0.1.75", 5060, "multicast"),
        ("::ffff:255.255.255.255", 5060, "broadcast"),
        ("255.255.255.255", 5060, "broadcast"),
        ("0.0.0.0", 5060, "unspecified"),
        ("0.1.2.3", 5060, "unspecified"),
        ("::", 5060, "unspecified"),
        ("::ffff:0.0.0.0", 5060, "unspecified"),
        ("192.0.2.1", 0, "port 0"),
        ("192.0.2.1", 65536, "port 65536"),
        ("192.0.2.1", -1, "port -1"),
        ("example.com", 5060, "not an IP address"),
        ("[::1]", 5060, "not an IP address"),
        ("127.1", 5060, "not an IP address"),
        ("010.0.0.1", 5060, "not an IP address"),
        ("", 5060, "not an IP address"),
    ],
)
def test_nothing_is_sent_to_silly_places(host: str, port: int, why: str) -> None:
    assert why in refusal(host, port, LIMITS)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 5060),
        ("10.255.255.255", 1),  # looks like a broadcast address, but nobody knows the netmask
        ("192.0.2.1", 65535),
        ("::1", 5060),
        ("2001:db8::1", 5060),
        ("fe80::1%1", 5060),
        ("::ffff:192.0.2.1", 5060),
    ],
)
def test_ordinary_destinations_are_allowed(host: str, port: int) -> None:
    assert refusal(host, port, LIMITS) == ""


@pytest.mark.parametrize(
    ("host", "limits"),
    [
        ("224.0.1.75", Limits(allow_multicast=True)),
        ("ff02::1", Limits(allow_multicast=True)),
        ("255.255.255.255", Limits(allow_broadcast=True)),
        ("0.0.0.0", Limits(allow_unspecified=True)),
        ("::", Limits(allow_unspecified=True)),
    ],
)
def test_each_refusal_can_be_lifted(host: str, limits: Limits) -> None:
    assert refusal(host, 5060, LIMITS)
    assert refusal(host, 5060, limits) == ""


def test_port_0_can_not_be_allowed() -> None:
    everything = Limits(allow_multicast=True, allow_broadcast=True, allow_unspecified=True)
    assert refusal("192.0.2.1", 0, everything)


def test_reserved_ports_can_be_refused() -> None:
    assert refusal("192.0.2.1", 53, Limits(allow_reserved_ports=False)) == "reserved port 53"
    assert refusal("192.0.2.1", 53, LIMITS) == ""


def test_a_destination_is_checked_once_and_then_known() -> None:
    destinations = Destinations(LIMITS)
    address = destinations.address("192.0.2.1", 5060)
    assert address == ("192.0.2.1", 5060)
    assert destinations.address("192.0.2.1", 5060) is address


def test_a_refused_destination_is_an_os_error_with_its_reason() -> None:
    with pytest.raises(DestinationRefused, match=r"'224\.0\.0\.1', port 5060: multicast"):
        Destinations(LIMITS).address("224.0.0.1", 5060)


def test_a_destination_of_the_other_family_is_refused() -> None:
    with pytest.raises(DestinationRefused, match="other address family"):
        Destinations(LIMITS, socket.AF_INET).address("::1", 5060)
    with pytest.raises(DestinationRefused, match="other address family"):
        Destinations(LIMITS, socket.AF_INET6).address("127.0.0.1", 5060)


def test_the_cache_of_destinations_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "CACHE_SIZE", 10)
    destinations = Destinations(LIMITS)
    for port in range(1, 101):
        destinations.address("192.0.2.1", port)
        assert len(destinations.known) <= 10


def test_a_zone_becomes_the_scope_of_the_socket_address() -> None:
    assert socket_address("fe80::1%3", 5060) == ("fe80::1", 5060, 0, 3)
    lo = socket.if_nametoindex("lo")
    assert socket_address("fe80::1%lo", 5060) == ("fe80::1", 5060, 0, lo)


def test_an_unknown_zone_is_an_os_error() -> None:
    with pytest.raises(OSError, match="interface"):
        Destinations(LIMITS).address("fe80::1%nowhere0", 5060)


def test_the_family_is_seen_by_the_colon() -> None:
    assert family_of("::1") is socket.AF_INET6
    assert family_of("127.0.0.1") is socket.AF_INET

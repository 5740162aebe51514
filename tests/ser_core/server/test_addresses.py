"""What to listen on: items, interfaces, names, defaults, and what is printed of them."""

from __future__ import annotations

import socket

import pytest

from ser_core.script.settings import ListenAddress
from ser_core.server.addresses import (
    AddressError,
    ListenPlan,
    aliases_for,
    all_addresses,
    listeners_for,
    parse_address,
    report,
    reverse_aliases,
    with_free_ports,
)
from ser_core.sip.hop import Listener

UDP = ListenPlan(tcp=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1", ("*", "127.0.0.1", 0)),
        ("udp:127.0.0.1:5070", ("udp", "127.0.0.1", 5070)),
        ("TCP:[::1]:5070", ("tcp", "::1", 5070)),
        ("::1", ("*", "::1", 0)),
        ("[2001:db8::1]", ("*", "2001:db8::1", 0)),
        ("eth0", ("*", "eth0", 0)),
        ("*:sip.example.org:*", ("*", "sip.example.org", 0)),
        ("localhost:5062", ("*", "localhost", 5062)),
    ],
)
def test_an_address_is_proto_host_and_port(text: str, expected: tuple[str, str, int]) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text", ["", "udp:", "host:0", "host:65536", "host:port", "a b", "udp:tcp:x:1", "[::1", "x:1:2"]
)
def test_what_is_no_address_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        parse_address(text)


def test_an_item_without_a_protocol_gives_udp_and_tcp() -> None:
    found = listeners_for([ListenAddress("*", "127.0.0.1", 5070)], ListenPlan())
    assert [repr(x) for x in found] == ["udp:127.0.0.1:5070", "tcp:127.0.0.1:5070"]
    assert [x.index for x in found] == [0, 1]


def test_all_udp_listeners_stand_before_the_tcp_ones() -> None:
    items = [ListenAddress("tcp", "127.0.0.1"), ListenAddress("udp", "127.0.0.2")]
    assert [x.transport for x in listeners_for(items, ListenPlan())] == ["udp", "tcp"]


def test_the_port_directive_is_for_items_without_a_port() -> None:
    items = [ListenAddress("udp", "127.0.0.1"), ListenAddress("udp", "127.0.0.1", 5080)]
    found = listeners_for(items, ListenPlan(default_port=5090))
    assert [x.port for x in found] == [5090, 5080]


def test_disable_tcp_leaves_udp_only() -> None:
    assert [x.transport for x in listeners_for([ListenAddress("*", "::1")], UDP)] == ["udp"]


def test_duplicates_are_removed() -> None:
    items = [
        ListenAddress("udp", "127.0.0.1"),
        ListenAddress("*", "127.0.0.1", 5060),
        ListenAddress("udp", "0:0:0:0:0:0:0:1"),
        ListenAddress("udp", "::1"),
    ]
    assert [x.host for x in listeners_for(items, UDP)] == ["127.0.0.1", "::1"]


def test_an_interface_stands_for_its_addresses() -> None:
    hosts = [x.host for x in listeners_for([ListenAddress("udp", "lo")], UDP)]
    assert "127.0.0.1" in hosts


def test_a_name_stands_for_its_first_address_and_is_kept() -> None:
    (found,) = listeners_for([ListenAddress("udp", "localhost")], UDP)
    assert found.host in ("127.0.0.1", "::1")
    assert found.name == "localhost"


def test_an_unknown_name_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(AddressError, match="nowhere: could not resolve the name"):
        listeners_for([ListenAddress("udp", "nowhere")], UDP)


def test_without_listen_every_interface_that_is_up_is_listened_on() -> None:
    found = listeners_for([], UDP)
    assert [x.host for x in found] == all_addresses()
    assert "127.0.0.1" in {x.host for x in found}
    assert not any(x.host.startswith("fe80") for x in found)


def test_interfaces_that_are_down_and_link_local_addresses_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from types import SimpleNamespace as Row

    import psutil

    def row(family: int, address: str) -> Row:
        return Row(family=family, address=address)

    monkeypatch.setattr(
        psutil,
        "net_if_addrs",
        lambda: {
            "up": [
                row(socket.AF_INET6, "2001:db8::1"),
                row(socket.AF_INET6, "fe80::1%up"),
                row(socket.AF_INET, "192.0.2.1"),
                row(socket.AF_PACKET, "00:00:00:00:00:00"),
            ],
            "down": [row(socket.AF_INET, "192.0.2.2")],
            "bare": [],
        },
    )
    monkeypatch.setattr(
        psutil,
        "net_if_stats",
        lambda: {"up": Row(isup=True), "down": Row(isup=False), "bare": Row(isup=True)},
    )
    assert all_addresses() == ["192.0.2.1", "2001:db8::1"]
    assert [x.host for x in listeners_for([ListenAddress("udp", "0.0.0.0")], UDP)] == ["192.0.2.1"]
    assert [x.host for x in listeners_for([ListenAddress("udp", "::")], UDP)] == ["2001:db8::1"]
    assert [x.host for x in listeners_for([ListenAddress("udp", "down")], UDP)] == ["192.0.2.2"]
    with pytest.raises(AddressError, match="bare: the interface has no address"):
        listeners_for([ListenAddress("udp", "bare")], UDP)


def test_nothing_to_listen_on_is_an_error() -> None:
    with pytest.raises(AddressError, match="no address to listen on"):
        listeners_for([ListenAddress("tcp", "127.0.0.1")], UDP)


def test_what_is_advertised_reaches_the_listeners() -> None:
    plan = ListenPlan(tcp=False, advertised_host="sip.example.org", advertised_port=5099)
    (found,) = listeners_for([ListenAddress("udp", "127.0.0.1")], plan)
    assert found.sent_by == b"sip.example.org:5099"


def test_port_0_becomes_a_free_port_that_udp_and_tcp_share() -> None:
    plan = ListenPlan(default_port=0)
    udp, tcp = with_free_ports(listeners_for([ListenAddress("*", "127.0.0.1")], plan))
    assert udp.port == tcp.port > 0
    assert b"127.0.0.1:%d" % udp.port == udp.sent_by


def test_aliases_have_no_duplicates_and_port_0_means_any() -> None:
    items = [ListenAddress("*", "example.org"), ListenAddress("udp", "a", 5070)]
    assert aliases_for([*items, *items]) == [("*", "example.org", 0), ("udp", "a", 5070)]


def test_reverse_aliases_are_the_names_dns_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def names(host: str) -> tuple[str, list[str], list[str]]:
        if host == "192.0.2.1":
            return "a.example.org", ["b.example.org"], [host]
        raise socket.herror(1, "Unknown host")

    monkeypatch.setattr(socket, "gethostbyaddr", names)
    listeners = [Listener("udp", "192.0.2.1", 5060), Listener("udp", "192.0.2.2", 5060)]
    assert reverse_aliases(listeners) == [
        ("udp", "a.example.org", 5060),
        ("udp", "b.example.org", 5060),
    ]


def test_the_report_is_sers_to_the_blank() -> None:
    listeners = [Listener("udp", "192.0.2.1", 5060, name="a.org"), Listener("tcp", "::1", 5070)]
    assert report(listeners, [("udp", "b.org", 5060), ("*", "c.org", 0)]) == (
        "Listening on \n"
        "             udp: a.org [192.0.2.1]:5060\n"
        "             tcp: ::1 [::1]:5070\n"
        "Aliases: \n"
        "             udp: b.org:5060\n"
        "             *: c.org:*\n"
        "\n"
    )
    assert report([], []) == "Listening on \nAliases: \n\n"

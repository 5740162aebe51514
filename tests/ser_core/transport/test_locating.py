"""RFC 3263 by table: what a URI asks for, what the DNS knows, where it leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.sip.hop import Transport
from ser_core.transport.locating import (
    MAX_SERVERS,
    MAX_TARGETS,
    Abilities,
    Answer,
    Naptr,
    Question,
    Srv,
    Target,
    Wanted,
    choose_services,
    is_address,
    is_name,
    locate,
    order_servers,
    targets_of_address,
)

UDP_AND_TCP = Abilities()
ALL = Abilities(("udp", "tcp", "tls"))
HOST = "example.com"
Zone = dict[tuple[str, str], Answer]


def first() -> float:
    return 0.0


def wanted(
    host: str = HOST, port: int = 0, transport: Transport | None = None, secure: bool = False
) -> Wanted:
    return Wanted(host, port, transport, secure)


def run(
    want: Wanted,
    zone: Zone,
    abilities: Abilities = UDP_AND_TCP,
    random: Callable[[], float] = first,
    is_local: bool = False,
) -> tuple[list[Target], list[Question]]:
    """The targets, and what had to be asked for them."""
    asked: list[Question] = []
    steps = locate(want, abilities, random, is_local=is_local)
    try:
        questions = next(steps)
        while True:
            asked += questions
            questions = steps.send([zone.get(question, ()) for question in questions])
    except StopIteration as end:
        targets: list[Target] = end.value
        return targets, asked


ADDRESSES: Zone = {
    (HOST, "A"): ("192.0.2.1",),
    (HOST, "AAAA"): ("2001:db8::1",),
    ("one.example.com", "A"): ("192.0.2.11",),
    ("two.example.com", "A"): ("192.0.2.12", "192.0.2.13"),
}
SRVS: Zone = {
    ("_sip._udp.example.com", "SRV"): (Srv(1, 0, 5070, "one.example.com"),),
    ("_sip._tcp.example.com", "SRV"): (Srv(1, 0, 5080, "two.example.com"),),
    ("_sips._tcp.example.com", "SRV"): (Srv(1, 0, 5090, "one.example.com"),),
}
NAPTRS: Zone = {
    (HOST, "NAPTR"): (
        Naptr(50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com"),
        Naptr(90, 50, "s", "SIP+D2T", "_sip._tcp.example.com"),
        Naptr(100, 50, "s", "SIP+D2U", "_sip._udp.example.com"),
    )
}

UDP_TARGET = Target("udp", "192.0.2.11", 5070)
TCP_TARGETS = [Target("tcp", "192.0.2.12", 5080), Target("tcp", "192.0.2.13", 5080)]
PLAIN = [Target("udp", "192.0.2.1", 5060), Target("udp", "2001:db8::1", 5060)]


@pytest.mark.parametrize(
    ("want", "abilities", "expected"),
    [
        (wanted("192.0.2.9"), UDP_AND_TCP, [("udp", "192.0.2.9", 5060)]),
        (wanted("192.0.2.9", 5080), UDP_AND_TCP, [("udp", "192.0.2.9", 5080)]),
        (wanted("192.0.2.9", 0, "tcp"), UDP_AND_TCP, [("tcp", "192.0.2.9", 5060)]),
        (wanted("2001:db8::9"), UDP_AND_TCP, [("udp", "2001:db8::9", 5060)]),
        (wanted("192.0.2.9"), Abilities(("tcp",)), [("tcp", "192.0.2.9", 5060)]),
        (wanted("192.0.2.9", 0, "tls"), UDP_AND_TCP, []),
        (wanted("192.0.2.9", 0, "tls"), ALL, [("tls", "192.0.2.9", 5061)]),
        (wanted("192.0.2.9", secure=True), UDP_AND_TCP, []),
        (wanted("192.0.2.9", secure=True), ALL, [("tls", "192.0.2.9", 5061)]),
        (wanted("192.0.2.9", 0, "tcp", secure=True), ALL, [("tls", "192.0.2.9", 5061)]),
        (wanted("192.0.2.9", 0, "udp", secure=True), ALL, []),
    ],
)
def test_a_numeric_host_needs_no_dns(
    want: Wanted, abilities: Abilities, expected: list[Target]
) -> None:
    assert targets_of_address(want, abilities) == expected


def test_naptr_then_srv_then_addresses() -> None:
    targets, asked = run(wanted(), ADDRESSES | SRVS | NAPTRS)
    # The order 90 record is the first that we can follow, so the one of order 100 is out.
    assert targets == TCP_TARGETS
    assert asked == [
        (HOST, "NAPTR"),
        ("_sip._tcp.example.com", "SRV"),
        ("two.example.com", "A"),
        ("two.example.com", "AAAA"),
    ]


def test_with_tls_the_domain_prefers_tls() -> None:
    targets, _ = run(wanted(), ADDRESSES | SRVS | NAPTRS, ALL)
    assert targets == [Target("tls", "192.0.2.11", 5090)]


def test_a_sips_uri_takes_sips_services_only() -> None:
    zone = ADDRESSES | SRVS | NAPTRS
    assert run(wanted(secure=True), zone, ALL)[0] == [Target("tls", "192.0.2.11", 5090)]
    assert run(wanted(secure=True), ADDRESSES | SRVS, ALL)[0] == [Target("tls", "192.0.2.11", 5090)]
    assert run(wanted(secure=True), ADDRESSES, ALL)[0] == [
        Target("tls", "192.0.2.1", 5061),
        Target("tls", "2001:db8::1", 5061),
    ]


def test_a_sips_uri_never_falls_back_to_a_plain_transport() -> None:
    assert run(wanted(secure=True), ADDRESSES | SRVS | NAPTRS)[0] == []


def test_without_naptr_each_transport_that_we_have_is_tried_in_our_order() -> None:
    targets, asked = run(wanted(), ADDRESSES | SRVS)
    assert targets == [UDP_TARGET, *TCP_TARGETS]
    assert asked[1:3] == [("_sip._udp.example.com", "SRV"), ("_sip._tcp.example.com", "SRV")]


def test_an_explicit_transport_skips_naptr() -> None:
    targets, asked = run(wanted(transport="udp"), ADDRESSES | SRVS | NAPTRS)
    assert targets == [UDP_TARGET]
    assert (HOST, "NAPTR") not in asked


def test_an_explicit_port_skips_srv_and_naptr() -> None:
    targets, asked = run(wanted(port=5099), ADDRESSES | SRVS | NAPTRS)
    assert targets == [Target("udp", "192.0.2.1", 5099), Target("udp", "2001:db8::1", 5099)]
    assert asked == [(HOST, "A"), (HOST, "AAAA")]


def test_a_name_of_this_host_skips_both_too() -> None:
    targets, asked = run(wanted(), ADDRESSES | SRVS | NAPTRS, is_local=True)
    assert targets == PLAIN
    assert asked == [(HOST, "A"), (HOST, "AAAA")]


def test_without_any_srv_the_name_itself_is_the_server() -> None:
    assert run(wanted(), ADDRESSES)[0] == PLAIN
    tcp = run(wanted(transport="tcp"), ADDRESSES)[0]
    assert tcp == [target._replace(transport="tcp") for target in PLAIN]


def test_a_lone_dot_says_that_there_is_no_such_service() -> None:
    nothing: Zone = {("_sip._udp.example.com", "SRV"): (Srv(0, 0, 0, ""),)}
    assert run(wanted(transport="udp"), ADDRESSES | nothing)[0] == []
    assert run(wanted(), ADDRESSES | SRVS | nothing)[0] == TCP_TARGETS


def test_only_the_families_that_we_listen_on_are_asked_for() -> None:
    targets, asked = run(wanted(port=5060), ADDRESSES, Abilities(families=("AAAA",)))
    assert targets == [Target("udp", "2001:db8::1", 5060)]
    assert asked == [(HOST, "AAAA")]


def test_nothing_is_nothing() -> None:
    assert run(wanted(), {})[0] == []
    assert run(wanted(), ADDRESSES, Abilities(()))[0] == []
    assert run(wanted(), ADDRESSES, Abilities(families=()))[0] == []


def test_the_same_target_is_tried_once() -> None:
    zone: Zone = {
        ("_sip._udp.example.com", "SRV"): (
            Srv(1, 0, 5060, "one.example.com"),
            Srv(2, 0, 5060, "ONE.example.com."),
        )
    }
    targets = run(wanted(transport="udp"), ADDRESSES | zone)[0]
    assert targets == [Target("udp", "192.0.2.11", 5060)]


def test_a_hostile_zone_can_not_make_us_ask_or_send_without_end() -> None:
    many = tuple(Srv(1, 1, 5060, f"s{number}.example.com") for number in range(500))
    zone: Zone = {("_sip._udp.example.com", "SRV"): many}
    for number in range(500):
        zone[f"s{number}.example.com", "A"] = tuple(f"192.0.2.{last}" for last in range(100))
    targets, asked = run(wanted(), zone)
    assert len(targets) <= MAX_TARGETS
    assert len(asked) <= 3 + 2 * MAX_SERVERS


def test_targets_of_srv_records_that_are_no_names_are_left() -> None:
    zone: Zone = {
        ("_sip._udp.example.com", "SRV"): (
            Srv(1, 0, 5060, "not a name"),
            Srv(2, 0, 5060, "one.example.com"),
        )
    }
    targets, asked = run(wanted(transport="udp"), ADDRESSES | zone)
    assert targets == [Target("udp", "192.0.2.11", 5060)]
    assert all(" " not in name for name, _ in asked)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ((), []),
        ((Naptr(1, 1, "u", "SIP+D2U", "x"),), []),
        ((Naptr(1, 1, "s", "SIP+D2S", "x"),), []),
        ((Naptr(1, 1, "s", "SIP+D2U", ""),), []),
        ((Naptr(1, 1, "S", "sip+d2u", "X.Example.COM."),), [("udp", "x.example.com")]),
        (
            (Naptr(1, 20, "s", "SIP+D2U", "u"), Naptr(1, 10, "s", "SIP+D2T", "t")),
            [("tcp", "t"), ("udp", "u")],
        ),
        (
            (Naptr(2, 1, "s", "SIP+D2U", "u"), Naptr(1, 9, "s", "SIP+D2T", "t")),
            [("tcp", "t")],
        ),
        # An order below that nobody can follow doesn't hide the next one.
        (
            (Naptr(2, 1, "s", "SIP+D2U", "u"), Naptr(1, 9, "s", "SIPS+D2T", "t")),
            [("udp", "u")],
        ),
    ],
)
def test_naptr_choice(records: Answer, expected: list[tuple[Transport, str]]) -> None:
    assert choose_services(records, UDP_AND_TCP, secure_only=False) == expected


def test_srv_records_go_by_priority() -> None:
    records = (Srv(20, 5, 1, "c"), Srv(5, 0, 1, "a"), Srv(10, 9, 1, "b"))
    assert [srv.target for srv in order_servers(records, first)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("lot", "expected"),
    [
        (0.0, "nought"),
        (0.09, "nought"),
        (0.1, "light"),
        (0.39, "light"),
        (0.4, "heavy"),
        (0.99, "heavy"),
    ],
)
def test_within_a_priority_the_lot_decides(lot: float, expected: str) -> None:
    records = (Srv(1, 6, 1, "heavy"), Srv(1, 0, 1, "nought"), Srv(1, 3, 1, "light"))
    assert order_servers(records, lambda: lot)[0].target == expected


def test_weights_are_chances() -> None:
    records = (Srv(1, 75, 1, "heavy"), Srv(1, 25, 1, "light"), Srv(1, 0, 1, "nought"))
    random = Random(7).random
    firsts = Counter(order_servers(records, random)[0].target for _ in range(4000))
    assert 2800 < firsts["heavy"] < 3150
    assert 870 < firsts["light"] < 1150
    assert 10 < firsts["nought"] < 100


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 65535)), max_size=MAX_SERVERS),
    st.floats(0, 1, exclude_max=True),
)
def test_ordering_keeps_every_record_once_and_priorities_apart(
    pairs: list[tuple[int, int]], lot: float
) -> None:
    records = [Srv(*pair, port, "t") for port, pair in enumerate(pairs)]
    ordered = order_servers(records, lambda: lot)
    assert sorted(ordered) == sorted(records)
    assert [srv.priority for srv in ordered] == sorted(srv.priority for srv in records)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("example.com", True),
        ("example.com.", True),
        ("a", True),
        ("localhost", True),
        ("xn--bcher-kva.example", True),
        ("my_host.example.com", True),
        ("3com.example", True),
        ("_sip._udp.example.com", True),
        ("", False),
        (".", False),
        ("1.2.3.400", False),
        ("127.1", False),
        ("0x7f000001", False),
        ("2130706433", False),
        ("a..b", False),
        ("-a.example", False),
        ("a b", False),
        ("a/b", False),
        ("x" * 64 + ".com", False),
        (".".join(["x" * 60] * 5), False),
        ("münchen.de", False),
    ],
)
def test_what_may_be_asked_the_dns(text: str, is_one: bool) -> None:
    assert is_name(text) is is_one


def test_what_is_no_name_is_not_asked() -> None:
    assert run(wanted("1.2.3.400"), {}) == ([], [])


def test_addresses_are_told_from_names() -> None:
    assert is_address("192.0.2.1")
    assert is_address("2001:db8::1")
    assert not is_address("[2001:db8::1]")
    assert not is_address("1.2.3")

"""What is answered at once, what is asked, how often, and that callers always hear back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.event
import pytest

from ser_core.sip.uri import Uri, parse_uri
from ser_core.transport.dns_client import Answered, DnsClient, DnsError
from ser_core.transport.local_names import HostsFile, ResolvConf
from ser_core.transport.locating import Abilities, Question, Srv, Target
from ser_core.transport.resolver import Resolver, ResolverLimits
from tests.support.dns_server import DnsServer
from tests.support.network import turn_hub, wait_for

UDP = Target("udp", "192.0.2.1", 5060)


class FakeClient:
    """Answers from a table once `hold` is set."""

    def __init__(self) -> None:
        self.zone: dict[tuple[str, str], Answered] = {}
        self.asked: list[Question] = []
        self.under_way = self.most = 0
        self.failure: Exception | None = None
        self.hold = gevent.event.Event()
        self.hold.set()

    def ask(self, question: Question) -> Answered:
        self.asked.append(question)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            self.hold.wait()
            if self.failure is not None:
                raise self.failure
            return self.zone.get(question, Answered((), 5.0))
        finally:
            self.under_way -= 1


class World:
    """A resolver with all that it knows from."""

    def __init__(self, tmp_path: Path, limits: ResolverLimits, abilities: Abilities) -> None:
        self.now = 1000.0
        self.client = FakeClient()
        self.client.zone["example.com", "A"] = Answered(("192.0.2.1",), 60.0)
        (tmp_path / "hosts").write_text("192.0.2.77 pbx\n2001:db8::77 pbx\n")
        self.resolver = Resolver(
            self.client,
            abilities,
            hosts=HostsFile(str(tmp_path / "hosts"), self.clock),
            limits=limits,
            random=lambda: 0.0,
            clock=self.clock,
        )
        self.results: list[list[Target]] = []

    def clock(self) -> float:
        return self.now

    def now_of(self, text: str, transport: Any = None) -> list[Target] | None:
        return self.resolver.resolve_now(parse_uri(text.encode()), transport)

    def ask(self, text: str, transport: Any = None) -> None:
        self.resolver.resolve(parse_uri(text.encode()), self.results.append, transport)

    def result(self, text: str) -> list[Target]:
        before = len(self.results)
        self.ask(text)
        wait_for(lambda: len(self.results) > before)
        return self.results[-1]


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Any]:
    made: list[World] = []

    def make(limits: ResolverLimits | None = None, abilities: Abilities | None = None) -> World:
        abilities = abilities or Abilities(families=("A",))
        made.append(World(tmp_path, limits or ResolverLimits(), abilities))
        return made[-1]

    yield make
    for world in made:
        world.resolver.close()
        turn_hub(2)


@pytest.fixture
def world(make_world: Any) -> World:
    made: World = make_world()
    return made


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:192.0.2.1", [("udp", "192.0.2.1", 5060)]),
        ("sip:a@192.0.2.1:5070;transport=tcp", [("tcp", "192.0.2.1", 5070)]),
        ("sip:a@[2001:db8::1]", [("udp", "2001:db8::1", 5060)]),
        ("sip:a@192.0.2.1;transport=UDP;lr", [("udp", "192.0.2.1", 5060)]),
        ("sip:a@192.0.2.1;transport=sctp", []),
        ("sips:a@192.0.2.1", []),
        ("sip:a@example.com;maddr=192.0.2.5", [("udp", "192.0.2.5", 5060)]),
        ("sip:a@192.0.2.1;MADDR=[2001:db8::5]", [("udp", "2001:db8::5", 5060)]),
        ("sip:a@192.0.2.1;maddr=192.0.2.400", []),
        ("sip:192.0.2.400", []),
        ("sip:localhost", [("udp", "127.0.0.1", 5060)]),
        ("sip:PBX:5070", [("udp", "192.0.2.77", 5070)]),
    ],
)
def test_what_needs_no_dns_is_answered_at_once(
    world: World, uri: str, expected: list[Target]
) -> None:
    for _ in range(2):  # the second time from the cache
        assert world.now_of(uri) == expected
    assert not world.client.asked


def test_uris_that_differ_in_what_matters_are_not_mixed_up(world: World) -> None:
    uris = ["sip:192.0.2.1", "sip:192.0.2.1:5061", "sip:192.0.2.1;transport=tcp", "sips:192.0.2.1"]
    targets = [str(world.now_of(uri)) for uri in uris]
    assert len(set(targets)) == 4
    assert [str(world.now_of(uri)) for uri in uris] == targets


def test_a_transport_can_be_forced(world: World) -> None:
    assert world.now_of("sip:192.0.2.1;transport=udp", "tcp") == [UDP._replace(transport="tcp")]
    assert world.now_of("sip:192.0.2.1;transport=udp") == [UDP]


def test_a_local_name_has_the_families_that_we_listen_on(make_world: Any) -> None:
    world = make_world(abilities=Abilities(families=("A", "AAAA")))
    assert [target.host for target in world.now_of("sip:pbx")] == ["192.0.2.77", "2001:db8::77"]


def test_an_unknown_name_must_be_asked_for(world: World) -> None:
    assert world.now_of("sip:example.com") is None
    assert world.result("sip:example.com") == [UDP]


def test_what_was_asked_is_known_afterwards(world: World) -> None:
    world.result("sip:example.com")
    asked = len(world.client.asked)
    assert world.now_of("sip:bob@example.com") == [UDP]
    assert world.result("sip:carol@EXAMPLE.com.") == [UDP]
    assert len(world.client.asked) == asked


def test_answers_are_forgotten_when_their_time_is_up(world: World) -> None:
    world.result("sip:example.com:5060")
    world.now += 59
    assert world.now_of("sip:example.com:5060") == [UDP]
    world.now += 2
    assert world.now_of("sip:example.com:5060") is None


@pytest.mark.parametrize(
    ("records", "ttl", "kept"),
    [
        (("192.0.2.1",), 0, 1),
        (("192.0.2.1",), 1e9, 3600),
        ((), 1e9, 60),
        ((), 0, 1),
    ],
)
def test_times_to_live_are_kept_within_bounds(
    world: World, records: tuple[str, ...], ttl: float, kept: float
) -> None:
    world.client.zone["x.example", "A"] = Answered(records, ttl)
    world.result("sip:x.example:5060")
    world.now += kept - 0.1
    assert world.now_of("sip:x.example:5060") is not None
    world.now += 0.2
    assert world.now_of("sip:x.example:5060") is None


def test_a_failure_is_remembered_for_a_moment(world: World) -> None:
    world.client.failure = DnsError("nobody there")
    assert world.result("sip:example.com:5060") == []
    assert world.now_of("sip:example.com:5060") == []
    assert world.resolver.failed.value == 1
    world.client.failure = None
    world.now += 3.1
    assert world.result("sip:example.com:5060") == [UDP]


def test_services_that_nobody_tells_of_are_not_waited_for_again_so_soon(world: World) -> None:
    world.client.failure = DnsError("swallowed")
    assert world.result("sip:example.com") == []
    world.client.failure = None
    world.now += 4
    world.client.asked.clear()
    assert world.result("sip:example.com") == [UDP]
    assert world.client.asked == [("example.com", "A")]
    world.now += 60
    world.client.asked.clear()
    world.result("sip:example.com")
    assert ("example.com", "NAPTR") in world.client.asked


def test_a_broken_client_is_a_failure_not_an_end(world: World) -> None:
    world.client.failure = ZeroDivisionError()
    assert world.result("sip:example.com:5060") == []
    world.client.failure = None
    world.now += 10
    assert world.result("sip:example.com:5060") == [UDP]


def test_the_same_question_is_asked_once_at_a_time(world: World) -> None:
    world.client.hold.clear()
    for _ in range(20):
        world.ask("sip:example.com:5060")
    turn_hub(3)
    assert len(world.client.asked) == 1
    world.client.hold.set()
    wait_for(lambda: len(world.results) == 20)
    assert world.results == [[UDP]] * 20


def test_questions_of_one_step_are_asked_together(make_world: Any) -> None:
    world = make_world(abilities=Abilities(families=("A", "AAAA")))
    servers = tuple(Srv(number, 0, 5060, f"s{number}.example.com") for number in range(4))
    world.client.zone["_sip._udp.example.com", "SRV"] = Answered(servers, 60.0)
    for number in range(4):
        name = f"s{number}.example.com"
        world.client.zone[name, "A"] = Answered((f"192.0.2.{number}",), 60.0)
    assert [target.host for target in world.result("sip:example.com;transport=udp")] == [
        "192.0.2.0",
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.3",
    ]
    world.client.hold.clear()
    world.resolver.forget()
    world.ask("sip:example.com:5060")
    world.ask("sip:example.com;transport=udp")
    wait_for(lambda: world.client.under_way == 3)
    world.client.hold.set()
    wait_for(lambda: len(world.results) == 3)


def test_queries_under_way_are_bounded(make_world: Any) -> None:
    world = make_world(ResolverLimits(queries=3))
    world.client.hold.clear()
    for number in range(20):
        world.ask(f"sip:n{number}.example.com:5060")
    turn_hub(3)
    assert world.client.under_way == 3
    world.client.hold.set()
    wait_for(lambda: len(world.results) == 20)
    assert world.client.most == 3


def test_lookups_under_way_are_bounded_and_the_rest_hear_so(make_world: Any) -> None:
    world = make_world(ResolverLimits(lookups=3))
    world.client.hold.clear()
    for number in range(5):
        world.ask(f"sip:n{number}.example.com:5060")
    wait_for(lambda: len(world.results) == 2)
    assert world.results == [[], []]
    assert world.resolver.refused.value == 2
    world.client.hold.set()
    wait_for(lambda: len(world.results) == 5)
    assert world.result("sip:example.com:5060") == [UDP]


def test_a_lookup_that_takes_too_long_ends(make_world: Any) -> None:
    world = make_world(ResolverLimits(lookup_timeout=0.02))
    world.client.hold.clear()
    assert world.result("sip:example.com:5060") == []
    world.client.hold.set()  # the query goes on and the next one profits
    wait_for(lambda: world.now_of("sip:example.com:5060"))


def test_what_is_remembered_is_bounded(make_world: Any) -> None:
    world = make_world(ResolverLimits(cached_answers=20, cached_addresses=10))
    for number in range(60):
        world.result(f"sip:n{number}.example.com:5060")
        world.now_of(f"sip:192.0.2.{number}")
        assert len(world.resolver._answers) <= 20
        assert len(world.resolver._addresses) <= 10
    assert world.now_of("sip:n59.example.com:5060") is not None


def test_callbacks_come_later_and_in_the_hub(world: World) -> None:
    where: list[bool] = []
    world.resolver.resolve(
        parse_uri(b"sip:192.0.2.1"),
        lambda _: where.append(gevent.getcurrent() is gevent.get_hub()),
    )
    assert not where
    wait_for(lambda: where)
    world.resolver.resolve(
        parse_uri(b"sip:example.com"),
        lambda _: where.append(gevent.getcurrent() is gevent.get_hub()),
    )
    wait_for(lambda: len(where) == 2)
    assert where == [True, True]


def test_an_exception_in_a_callback_costs_nobody_else(world: World) -> None:
    def fail(_targets: list[Target]) -> None:
        raise RuntimeError("callback")

    world.resolver.resolve(parse_uri(b"sip:example.com"), fail)
    assert world.result("sip:example.com") == [UDP]


def test_closing_ends_the_lookups(world: World) -> None:
    world.client.hold.clear()
    world.ask("sip:example.com")
    turn_hub(2)
    world.resolver.close()
    turn_hub(2)
    assert not world.resolver._lookups
    assert not world.results


def test_everything_together_over_real_sockets() -> None:
    zone = {
        ("example.com", "NAPTR"): [
            '10 10 "s" "SIP+D2T" "" _sip._tcp.example.com.',
            '10 20 "s" "SIP+D2U" "" _sip._udp.example.com.',
        ],
        ("_sip._tcp.example.com", "SRV"): ["1 0 5080 one.example.com."],
        ("_sip._udp.example.com", "SRV"): ["1 0 5070 two.example.com."],
        ("one.example.com", "A"): ["192.0.2.11"],
        ("two.example.com", "CNAME"): ["three.example.com"],
        ("three.example.com", "A"): ["192.0.2.13"],
        ("three.example.com", "AAAA"): ["2001:db8::13"],
    }
    server = DnsServer(zone)
    client = DnsClient(ResolvConf((server.address,), timeout=1.0))
    resolver = Resolver(client, Abilities(), hosts=HostsFile("/nonexistent", lambda: 0.0))
    results: list[list[Target]] = []
    uri: Uri = parse_uri(b"sip:bob@Example.com")
    assert resolver.resolve_now(uri) is None
    resolver.resolve(uri, results.append)
    wait_for(lambda: results)
    expected = [
        ("tcp", "192.0.2.11", 5080),
        ("udp", "192.0.2.13", 5070),
        ("udp", "2001:db8::13", 5070),
    ]
    assert results == [expected]
    assert resolver.resolve_now(uri) == expected
    server.close()

"""The exchange with nameservers, on real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import gevent
import pytest

from ser_core.transport.dns_client import DnsClient, DnsError
from ser_core.transport.local_names import ResolvConf
from ser_core.transport.locating import Naptr, Question, Srv
from tests.support.dns_server import DnsServer

ZONE = {
    ("example.com", "A"): ["192.0.2.1", "192.0.2.2"],
    ("example.com", "AAAA"): ["2001:db8::1"],
    ("example.com", "NAPTR"): ['10 20 "s" "SIP+D2U" "" _sip._udp.example.com.'],
    ("_sip._udp.example.com", "SRV"): ["1 2 5060 sip.example.com.", "2 0 0 ."],
    ("alias.example.com", "CNAME"): ["other.example.com"],
    ("other.example.com", "CNAME"): ["example.com"],
    ("loop.example.com", "CNAME"): ["dangling.example.org"],
}
QUESTION = Question("example.com", "A")


@pytest.fixture
def server() -> Iterator[DnsServer]:
    made = DnsServer(dict(ZONE))
    yield made
    made.close()


def client_of(*servers: DnsServer | tuple[str, int], timeout: float = 2.0) -> DnsClient:
    addresses = tuple(each.address if isinstance(each, DnsServer) else each for each in servers)
    return DnsClient(ResolvConf(addresses, timeout=timeout, attempts=1))


@pytest.mark.parametrize(
    ("question", "records"),
    [
        (("example.com", "A"), ("192.0.2.1", "192.0.2.2")),
        (("example.com", "AAAA"), ("2001:db8::1",)),
        (("alias.example.com", "A"), ("192.0.2.1", "192.0.2.2")),
        (("example.com", "NAPTR"), (Naptr(10, 20, "s", "SIP+D2U", "_sip._udp.example.com"),)),
        (
            ("_sip._udp.example.com", "SRV"),
            (Srv(1, 2, 5060, "sip.example.com"), Srv(2, 0, 0, "")),
        ),
        (("nowhere.example.com", "A"), ()),
        (("loop.example.com", "A"), ()),
    ],
)
def test_records_are_read(
    server: DnsServer, question: tuple[str, str], records: tuple[Any, ...]
) -> None:
    answered = client_of(server).ask(Question(*question))
    assert sorted(answered.records) == sorted(records)


def test_the_ttl_is_that_of_the_records(server: DnsServer) -> None:
    server.ttl = 17
    assert client_of(server).ask(QUESTION).ttl == 17


def test_a_truncated_answer_is_asked_for_over_tcp(server: DnsServer) -> None:
    server.truncate = True
    server.zone["example.com", "A"] = [f"192.0.2.{last}" for last in range(1, 60)]
    answered = client_of(server).ask(QUESTION)
    assert len(answered.records) == 59
    assert server.over_tcp == 1


def test_the_next_nameserver_is_asked_when_the_first_does_not_answer(server: DnsServer) -> None:
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    answered = client_of(silent.getsockname(), server, timeout=0.2).ask(QUESTION)
    assert answered.records
    silent.close()


def test_a_dead_nameserver_costs_no_waiting(server: DnsServer) -> None:
    dead = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    dead.bind(("127.0.0.1", 0))
    address = dead.getsockname()
    dead.close()
    with gevent.Timeout(2):
        assert client_of(address, server, timeout=10).ask(QUESTION).records


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR])
def test_a_nameserver_that_can_not_tell_is_passed_over(server: DnsServer, rcode: Any) -> None:
    unable = DnsServer()
    unable.rcode = rcode
    assert client_of(unable, server).ask(QUESTION).records
    with pytest.raises(DnsError, match=f"A of example.com: 127.0.0.1: {rcode.name}"):
        client_of(unable).ask(QUESTION)
    unable.close()


def test_silence_is_an_error_that_says_who_was_silent(server: DnsServer) -> None:
    server.misbehave = lambda query: []
    with pytest.raises(DnsError, match=r"A of example\.com: 127\.0\.0\.1: timed out"):
        client_of(server, timeout=0.02).ask(QUESTION)


def forged(query: dns.message.Message, **changes: Any) -> bytes:
    response = dns.message.make_response(query)
    for name, value in changes.items():
        setattr(response, name, value)
    return response.to_wire()


def test_what_does_not_belong_to_the_query_is_not_believed(server: DnsServer) -> None:
    def misbehave(query: dns.message.Message) -> list[bytes]:
        other = dns.message.make_query("example.org", "A", id=query.id)
        return [
            b"",
            b"rubbish",
            bytes(range(256)),
            query.to_wire(),
            forged(query, id=query.id ^ 1),
            dns.message.make_response(other).to_wire(),
            forged(query)[:-3],
            forged(query, flags=dns.flags.QR | dns.flags.RD | dns.flags.RA) + b"trailing",
        ]

    server.misbehave = misbehave
    answered = client_of(server).ask(QUESTION)
    assert answered.records == ()
    assert answered.ttl <= 905


def test_each_query_has_an_id_and_a_port_of_its_own(server: DnsServer) -> None:
    seen = set()

    def misbehave(query: dns.message.Message) -> list[bytes]:
        seen.add(query.id)
        return [forged(query)]

    server.misbehave = misbehave
    client = client_of(server)
    for _ in range(20):
        client.ask(QUESTION)
    assert len(seen) > 15


def test_a_name_that_can_not_be_asked_is_an_error(server: DnsServer) -> None:
    with pytest.raises(DnsError, match="can't be asked"):
        client_of(server).ask(Question("a..b", "A"))
    assert not server.asked


def test_the_hub_is_free_while_an_answer_is_awaited(server: DnsServer) -> None:
    server.hold.clear()
    asking = gevent.spawn(client_of(server, timeout=5).ask, QUESTION)
    gevent.sleep(0.01)
    assert not asking.ready()
    server.hold.set()
    assert asking.get(timeout=2).records


def test_nameservers_come_from_resolv_conf(tmp_path: Any) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 192.0.2.53\noptions attempts:4\n")
    conf = DnsClient(path=str(path)).conf
    assert conf.nameservers == (("192.0.2.53", 53),)
    assert conf.attempts == 4
    assert DnsClient(path=str(tmp_path / "none")).conf == ResolvConf()

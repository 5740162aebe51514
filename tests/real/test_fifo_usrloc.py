"""The ul_ commands against a running ser: what they add can be called, what they remove can't."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ser_core.fifo.client import FifoClient
from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import read_table
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.registrar.location import Binding
from ser_core.server.call_id import owner_of
from ser_core.server.run_dir import TABLES
from tests.support.daemon import Ser, wait_for
from tests.support.sip_peer import Peer, ack

CONFIG = """
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc|registrar", "use_domain", USE_DOMAIN)
route {
    if (method=="REGISTER") { save("location"); break; };
    lookup("aliases");
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); break; };
    t_relay();
}
"""
RECEIVERS = 2
MANY = 20_000


@pytest.fixture(scope="module", params=["receivers", "alone"])
def ser(request: pytest.FixtureRequest) -> Iterator[Ser]:
    config = CONFIG.replace("USE_DOMAIN", "0")
    with Ser(config, children=RECEIVERS, alone=request.param == "alone") as made:
        yield made


@pytest.fixture
def fifo(ser: Ser) -> Iterator[FifoClient]:
    with FifoClient(ser.fifo) as client:
        yield client


@pytest.fixture
def peers(ser: Ser) -> Iterator[tuple[Peer, Peer]]:
    """A caller, and a phone that isn't registered. Tests keep to users of their own."""
    target = f"127.0.0.1:{ser.port}"
    with Peer(target, "alice") as alice, Peer(target, "bob") as bob:
        yield alice, bob


def call_id_of(receiver: int) -> str:
    """A Call-ID that belongs to that receiver and that nobody has used."""
    numbers = (f"{time.monotonic_ns()}.{number}@127.0.0.1" for number in range(1000))
    return next(text for text in numbers if owner_of(text.encode(), RECEIVERS) == receiver)


def assert_reaches(alice: Peer, uri: str, bob: Peer) -> None:
    """A call through each receiver gets to the phone, which is busy."""
    for receiver in range(RECEIVERS):
        invite = alice.request("INVITE", uri, call_id=call_id_of(receiver))
        alice.send(invite)
        bob.reply(bob.receive("INVITE"), 486)
        bob.receive("ACK")
        alice.send(ack(invite, alice.response(486)))
        alice.arrived()


def assert_not_found(alice: Peer, uri: str) -> None:
    """No receiver knows the user."""
    for receiver in range(RECEIVERS):
        alice.send(alice.request("OPTIONS", uri, call_id=call_id_of(receiver)))
        assert alice.final_response().status == 404


def add(fifo: FifoClient, aor: str, contact: str, **changed: str) -> Reply:
    """ul_add of a contact for an hour."""
    given = {"table": "location", "expires": "3600", "q": "1.00", "replicate": "0", "flags": "0"}
    given |= changed
    table, *numbers = given.values()
    return fifo.ask("ul_add", table, aor, contact, *numbers)


def listed(fifo: FifoClient, *options: str) -> list[dict[str, str]]:
    reply = fifo.ask("ul_list", *options)
    assert reply.is_ok, reply
    columns, rows = read_table(reply.body)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def expired(fifo: FifoClient) -> int:
    """How many bindings of `location` have expired, as ul_stats has it."""
    line = fifo.ask("ul_stats").body.splitlines()[-1]
    assert line.startswith(b"'location' ")
    return int(line.split()[2])


def test_a_phone_that_has_registered_is_seen(fifo: FifoClient, peers: tuple[Peer, Peer]) -> None:
    bob = peers[1]
    bob.user = "seen"
    bob.register(call_id="seen-call", expires=600)
    shown = fifo.ask("ul_show_contact", "location", "Seen@example.com")
    assert shown.text == "OK"
    line = shown.body.decode()
    assert line.startswith(f"<{bob.uri}>;q=;expires=")
    assert 590 <= int(line.rpartition("=")[2]) <= 600
    (row,) = listed(fifo, f"filter={bob.port}")
    assert (row["aor"], row["contact"], row["call_id"]) == ("seen", bob.uri, "seen-call")
    assert abs(int(row["expires"]) - time.time() - 600) < 10
    dump = fifo.ask("ul_dump").body.decode()
    for expected in ("aor       : 'seen'", f"Contact   : '{bob.uri}'", "Call-ID   : 'seen-call'"):
        assert f"\n{expected}\n" in dump
    assert int(fifo.ask("ul_stats").body.splitlines()[-1].split()[1]) >= 1


def test_who_was_added_is_called_at_once_and_who_was_removed_is_not_found(
    fifo: FifoClient, peers: tuple[Peer, Peer], ser: Ser
) -> None:
    alice, bob = peers
    uri = f"sip:added@127.0.0.1:{ser.port}"
    assert_not_found(alice, uri)
    reply = add(fifo, "added@example.com", bob.uri)
    assert reply == Reply(200, "Added to table", f"('added','{bob.uri}') to 'location'\n".encode())
    assert_reaches(alice, uri, bob)
    removed = fifo.ask("ul_rm", "location", "Added@example.com")
    assert removed == Reply(200, "user (location, added@example.com) deleted")
    assert_not_found(alice, uri)


def test_a_phone_can_be_put_out(fifo: FifoClient, peers: tuple[Peer, Peer], ser: Ser) -> None:
    alice, bob = peers
    bob.user = "put-out"
    bob.register()
    add(fifo, "put-out", "sip:elsewhere@192.0.2.1", q="0.5")
    contact = bob.uri.replace("sip:", "SIP:")
    reply = fifo.ask("ul_rm_contact", "location", "put-out", contact)
    assert reply == Reply(200, f"Contact (put-out, {contact}) deleted from table location")
    assert [row["contact"] for row in listed(fifo, "filter=put-out")] == ["sip:elsewhere@192.0.2.1"]
    gone = fifo.ask("ul_rm_contact", "location", "put-out", contact)
    assert gone == Reply(404, f"Contact {contact} in table location not found")
    fifo.ask("ul_rm", "location", "put-out")
    assert_not_found(alice, f"sip:put-out@127.0.0.1:{ser.port}")


def test_an_alias_leads_to_whoever_it_stands_for(
    fifo: FifoClient, peers: tuple[Peer, Peer], ser: Ser
) -> None:
    alice, bob = peers
    bob.user = "aliased"
    bob.register()
    alias = f"sip:004412345@127.0.0.1:{ser.port}"
    assert_not_found(alice, alias)
    target = f"sip:aliased@127.0.0.1:{ser.port}"
    assert add(fifo, "004412345", target, table="aliases", expires="0", flags="128").is_ok
    assert_reaches(alice, alias, bob)
    (row,) = listed(fifo, "table=aliases")
    assert (row["aor"], row["expires"], row["flags"]) == ("004412345", "0", "128")
    fifo.ask("ul_rm", "aliases", "004412345")
    assert_not_found(alice, alias)


def test_what_was_added_expires_by_itself(
    fifo: FifoClient, peers: tuple[Peer, Peer], ser: Ser
) -> None:
    alice, bob = peers
    before = expired(fifo)
    add(fifo, "brief", bob.uri, expires="1")
    wait_for(lambda: expired(fifo) == before + 1, "the end of a second")
    ser.wait_for_log(f"Binding 'brief','{bob.uri}' has expired")
    shown = fifo.ask("ul_show_contact", "location", "brief")
    assert shown == Reply(404, "Username brief in table location not found")
    assert_not_found(alice, f"sip:brief@127.0.0.1:{ser.port}")


def test_ul_flush_does_it_now(fifo: FifoClient) -> None:
    assert fifo.ask("ul_flush") == Reply(200, "ul_flush completed")


def test_a_contact_that_is_no_uri_is_refused(fifo: FifoClient) -> None:
    assert add(fifo, "joe", "10.0.0.9:5062") == Reply(400, "Invalid contact")
    assert listed(fifo, "filter=10.0.0.9") == []


def test_with_use_domain_each_domain_has_its_own_joe() -> None:
    config = CONFIG.replace("USE_DOMAIN", "1")
    with Ser(config, children=RECEIVERS) as ser, FifoClient(ser.fifo) as fifo:
        target = f"127.0.0.1:{ser.port}"
        with Peer(target, "alice") as alice, Peer(target, "bob") as bob:
            assert add(fifo, "joe", bob.uri).text == "ul_add: username@domain expected"
            assert add(fifo, "Joe@A.example", bob.uri).is_ok
            assert_reaches(alice, "sip:joe@a.example", bob)
            assert_not_found(alice, "sip:joe@b.example")
            shown = fifo.ask("ul_show_contact", "location", "joe@b.example")
            assert shown == Reply(404, "Username joe@b.example in table location not found")


# -- a large table --


@pytest.fixture(scope="module")
def large(ser: Ser) -> Iterator[Ser]:
    """With MANY users more, while this fixture is there."""
    location = LmdbLocation.open(str(ser.fifo.with_name(TABLES) / "location.mdb"))
    location.add_domain("location")
    names = [b"many%05d" % number for number in range(MANY)]
    expires_at = time.time() + 3600
    for number, name in enumerate(names):
        made = Binding(
            b"sip:%b@192.0.2.1" % name, expires_at + number, -1, b"c", 1, b"UA/1", b"", 0, 0.0
        )
        location.update("location", name, lambda stored, made=made: [made])  # type: ignore[misc]
    yield ser
    for name in names:
        location.delete("location", name)
    location.close()


@pytest.mark.parametrize("order", ["aor", "-expires"])
def test_a_large_table_is_read_page_by_page(large: Ser, fifo: FifoClient, order: str) -> None:
    seen: list[str] = []
    while rows := listed(fifo, "filter=many", f"sort={order}", "limit=1000", f"offset={len(seen)}"):
        seen += [row["aor"] for row in rows]
    assert seen == sorted((f"many{number:05d}" for number in range(MANY)), reverse=order[0] == "-")


def test_a_page_of_a_large_table_comes_fast(large: Ser, fifo: FifoClient) -> None:
    began = time.monotonic()
    for offset in range(0, MANY, MANY // 10):
        assert len(listed(fifo, f"offset={offset}", "limit=50")) == 50
    assert (time.monotonic() - began) / 10 < 0.2


def test_a_large_table_is_dumped_whole_and_others_are_answered_meanwhile(large: Ser) -> None:
    with (
        FifoClient(large.fifo) as fifo,
        FifoClient(large.fifo) as other,
        ThreadPoolExecutor() as pool,
    ):
        dump = pool.submit(fifo.ask, "ul_dump", timeout=20.0)
        answered, longest = 0, 0.0
        while not dump.done():
            began = time.monotonic()
            assert other.ask("uptime").is_ok
            longest = max(longest, time.monotonic() - began)
            answered += 1
        assert dump.result().body.count(b"\naor       : 'many") == MANY
        assert answered > 1
        assert longest < 0.5

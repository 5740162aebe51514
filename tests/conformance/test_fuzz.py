"""Messages spoiled at random, the same on each run: whatever comes in, nothing fails inside."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.conformance.calls import ringing
from tests.conformance.proxy import CONFIG, RunningProxy, assert_alive, running
from tests.support.hostile import HOSTILE
from tests.support.sip_peer import Peer
from tests.support.torture import ALL

ROUNDS = 1500
BATCH = 50
SALT = (
    b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b",", b";", b":", b"<", b">", b'"',
    b"\\", b"%", b"@", b"[", b"]", b"=", b"*", b"\xff", b"\xe2\x80\xa8", b"9" * 30, b"z9hG4bK",
    b"Via: ", b"Route: <sip:a;lr>\r\n", b"Contact: *\r\n", b"Expires: 0\r\n", b"SIP/2.0",
)  # fmt: skip


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[RunningProxy]:
    """A daemon that nobody else counts on."""
    with running(CONFIG) as started:
        yield started


def spoil(data: bytes, chance: random.Random) -> bytes:
    """One to four changes: cut out, repeated, replaced or salted."""
    for _ in range(chance.randrange(1, 5)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 2, 8, 40)))
        middle = chance.choice(
            (b"", data[start:end] * 2, chance.choice(SALT), bytes([chance.randrange(256)]))
        )
        data = data[:start] + middle + data[end:]
    return data


def local(data: bytes, proxy: RunningProxy, user: str) -> bytes:
    """The message, for a user of ours where it was for example.com."""
    target = proxy.target.encode()
    return data.replace(b"example.com", target).replace(b"sip:user@", f"sip:{user}@".encode())


def never_failed(proxy: RunningProxy) -> None:
    assert_alive(proxy)
    assert proxy.count_of("core.failures") == 0
    assert "Traceback" not in proxy.ser.log_text()


def take_all(*peers: Peer) -> None:
    """Empty the sockets, so that nothing is held up."""
    for peer in peers:
        while peer.arrived():
            pass


def test_spoiled_messages_do_no_harm(fuzzed: RunningProxy) -> None:
    chance = random.Random(3261)
    corpus = [case.data for case in (*ALL, *HOSTILE) if case.data]
    with fuzzed.peer() as callee, fuzzed.peer() as stranger:
        callee.register()
        for number in range(ROUNDS):
            data = local(chance.choice(corpus), fuzzed, callee.user)
            stranger.send(spoil(data, chance)[:60_000])
            if number % BATCH == 0:
                assert_alive(fuzzed)
                take_all(stranger, callee)
    never_failed(fuzzed)


def test_spoiled_requests_of_hello_world_do_no_harm(fuzzed: RunningProxy) -> None:
    chance = random.Random(16)
    with fuzzed.peer() as callee, fuzzed.peer() as stranger:
        callee.register()
        for number in range(ROUNDS):
            method = chance.choice(("INVITE", "ACK", "CANCEL", "BYE", "REGISTER", "OPTIONS"))
            headers = [
                f"Route: <sip:{fuzzed.target};lr>",
                f"Contact: <{callee.uri}>;q=0.5;expires=90",
                "Max-Breadth: 5",
                "Proxy-Require: x",
            ]
            uri = f"sip:{callee.user}@{fuzzed.target}"
            text = stranger.request(method, uri, headers=headers[: chance.randrange(5)])
            stranger.send(spoil(text.encode(), chance))
            if number % BATCH == 0:
                assert_alive(fuzzed)
                take_all(stranger, callee)
    never_failed(fuzzed)


def test_spoiled_responses_do_no_harm(fuzzed: RunningProxy) -> None:
    chance = random.Random(17)
    with ringing(fuzzed) as call:
        whole = call.answer(180).encode()
        for number in range(ROUNDS):
            status = chance.choice((b"100", b"180", b"183", b"199"))
            data = whole.replace(b"SIP/2.0 180", b"SIP/2.0 " + status)
            call.callee.socket.sendto(spoil(data, chance), call.invite.source)
            if number % BATCH == 0:
                assert_alive(fuzzed)
                take_all(call.caller, call.callee)
    never_failed(fuzzed)

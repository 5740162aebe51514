"""Calls over IPv6, and from IPv4 to IPv6 through a ser that listens on both."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.real.conftest import CONFIG
from tests.support.daemon import Ser
from tests.support.sip_peer import Peer, in_dialog


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _has_ipv6(), reason="there is no IPv6 on loopback")


@pytest.fixture(scope="module")
def ser() -> Iterator[Ser]:
    config = CONFIG.replace("port=5060", "port={port}\nlisten=127.0.0.1\nlisten=::1", 1)
    with Ser(config, listen=False) as running:
        yield running


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_over_ipv6(ser: Ser, transport: str) -> None:
    target = f"[::1]:{ser.port}"
    user = f"six-{transport}"
    with (
        Peer(target, "caller", host="::1", transport=transport) as caller,
        Peer(target, user, host="::1", transport=transport) as callee,
    ):
        callee.register()
        _call(caller, callee, target)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_from_ipv4_to_ipv6_and_back(ser: Ser, transport: str) -> None:
    """Two sockets are crossed, so two Record-Routes: each side sees an address it can reach."""
    four, six = f"127.0.0.1:{ser.port}", f"[::1]:{ser.port}"
    with (
        Peer(four, f"four-{transport}", transport=transport) as old,
        Peer(six, f"newer-{transport}", host="::1", transport=transport) as new,
    ):
        old.register()
        new.register()
        assert _call(old, new, four) == [six, four]
        assert _call(new, old, six) == [four, six]


def _call(caller: Peer, callee: Peer, target: str) -> list[str]:
    """A call with ACK, and a BYE from the callee; HOST:PORT of the Record-Routes."""
    invite = caller.request("INVITE", f"sip:{callee.user}@{target}")
    caller.send(invite)
    request = callee.receive("INVITE")
    callee.reply(request, 200, contact=callee.uri)
    answer = caller.response(200)
    caller.send(in_dialog(caller, "ACK", invite, answer))
    callee.receive("ACK")
    callee.send(_bye(callee, request.values("record-route"), caller, answer.header("call-id")))
    caller.reply(caller.receive("BYE"), 200)
    callee.response(200, "BYE")
    return [route.split(":", 1)[1].split(";")[0] for route in request.values("record-route")]


def _bye(callee: Peer, routes: list[str], caller: Peer, call_id: str) -> str:
    """The callee's own BYE: its route set is the Record-Routes in the order they came (§12.1.1)."""
    return callee.request(
        "BYE",
        caller.uri,
        call_id=call_id,
        from_tag="b",
        to=f"<{caller.uri}>;tag=a",
        headers=[f"Route: {route}" for route in routes],
    )

"""Receivers that are killed, and scripts that raise: what else goes on must go on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ser_core.server.call_id import owner_of
from tests.real.conftest import CONFIG
from tests.support.daemon import Ser, wait_for
from tests.support.sip_peer import Peer, cancel, in_dialog
from tests.support.sip_reading import Message
from tests.support.sipp import Sipp

RECEIVERS = 4
USERS = 100


@pytest.fixture
def ser() -> Iterator[Ser]:
    with Ser(CONFIG, children=RECEIVERS) as running:
        yield running


def call_id_of(receiver: int) -> str:
    """A Call-ID that belongs to that receiver."""
    numbers = (f"call{number}@127.0.0.1" for number in range(1000))
    return next(text for text in numbers if owner_of(text.encode(), RECEIVERS) == receiver)


def kill_one(ser: Ser) -> None:
    """kill -9 of one receiver; returns once another runs in its place, within a second."""
    before = ser.receivers()
    os.kill(before[1], signal.SIGKILL)
    wait_for(lambda: len(ser.receivers()) == len(before) and ser.receivers() != before, "it", 1.0)


def registrations(peer: Peer, users: int) -> int:
    """How many users have a contact."""
    found = 0
    for number in range(users):
        to = f"<sip:user{number}@{peer.proxy}>"
        peer.send(peer.request("REGISTER", f"sip:{peer.proxy}", to=to))
        found += bool(peer.response(200).header("contact"))
    return found


def test_no_registration_is_lost_with_a_receiver(ser: Ser) -> None:
    with Peer(f"127.0.0.1:{ser.port}") as peer:
        for number in range(USERS):
            peer.user = f"user{number}"
            peer.register()
        kill_one(ser)
        assert registrations(peer, USERS) == USERS


def test_calls_of_the_other_receivers_are_untouched(ser: Ser) -> None:
    """Four calls ring, one in each receiver; after the kill, three are answered as if nothing
    had been, and the fourth, whose transaction is gone, can be placed anew."""
    target = f"127.0.0.1:{ser.port}"
    with Peer(target, "alice") as alice, Peer(target, "bob") as bob:
        bob.register()
        ringing: list[tuple[str, Message]] = []
        for receiver in range(RECEIVERS):
            invite = alice.request("INVITE", f"sip:bob@{target}", call_id=call_id_of(receiver))
            alice.send(invite)
            ringing.append((invite, bob.receive("INVITE")))
            bob.reply(ringing[-1][1], 180)
            alice.response(180)
        alice.arrived()
        kill_one(ser)
        for _, request in ringing:
            bob.reply(request, 200, contact=bob.uri)
        answered = [alice.response(200).header("call-id") for _ in range(RECEIVERS - 1)]
        assert len(set(answered)) == RECEIVERS - 1
        lost = next(text for text, seen in ringing if seen.header("call-id") not in answered)
        alice.send(lost)
        bob.reply(bob.receive("INVITE"), 200, contact=bob.uri)
        alice.response(200)


def test_a_dialog_goes_on_when_its_receiver_was_killed(ser: Ser) -> None:
    """What a dialog needs is in its route set, not in a process."""
    target = f"127.0.0.1:{ser.port}"
    with Peer(target, "alice") as alice, Peer(target, "bob") as bob:
        bob.register()
        invite = alice.request("INVITE", f"sip:bob@{target}")
        alice.send(invite)
        bob.reply(bob.receive("INVITE"), 200, contact=bob.uri)
        answer = alice.response(200)
        alice.send(in_dialog(alice, "ACK", invite, answer))
        bob.receive("ACK")
        for receiver in ser.receivers():
            os.kill(receiver, signal.SIGKILL)
        alice.send(in_dialog(alice, "BYE", invite, answer))
        bob.reply(bob.receive("BYE"), 200)
        alice.response(200, "BYE")


def test_datagrams_that_wait_in_the_socket_of_a_killed_receiver_are_served(ser: Ser) -> None:
    """Each is sent once, while all receivers stand still; then all are killed."""
    target = f"127.0.0.1:{ser.port}"
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(target)) for _ in range(40)]
        for receiver in ser.receivers():
            os.kill(receiver, signal.SIGSTOP)
        for peer in peers:
            peer.send(peer.request("OPTIONS", f"sip:{target}"))
        for receiver in ser.receivers():
            os.kill(receiver, signal.SIGKILL)
        for peer in peers:
            assert peer.final_response().status == 404


@pytest.mark.real
@pytest.mark.needs("sipp")
def test_100_calls_a_second_survive_the_death_of_a_receiver(ser: Ser, tmp_path: Path) -> None:
    """Only calls that were being set up in that receiver at that moment may fail."""
    target = f"127.0.0.1:{ser.port}"
    calls = 400
    with Sipp("callee.xml", tmp_path, calls=calls, limit=calls, timeout=40) as callee:
        with Peer(target, "bob") as bob:
            bob.register(contact=f"<sip:bob@127.0.0.1:{callee.port}>")
        with Sipp(
            "caller.xml",
            tmp_path,
            target=target,
            calls=calls,
            rate=100,
            limit=calls,
            options=("-s", "bob", "-recv_timeout", "5000"),
            timeout=30,
        ) as caller:
            time.sleep(1.5)  # calls must be running
            kill_one(ser)
            outcome = caller.wait(40)
    assert outcome.successful >= calls - 5, outcome


def test_a_cancel_for_a_call_whose_receiver_was_killed_is_still_answered(ser: Ser) -> None:
    """RFC 3261 §16.10: without a response context it is forwarded statelessly."""
    target = f"127.0.0.1:{ser.port}"
    with Peer(target, "alice") as alice, Peer(target, "bob") as bob:
        bob.register()
        invite = alice.request("INVITE", f"sip:bob@{target}")
        alice.send(invite)
        bob.reply(bob.receive("INVITE"), 180)
        alice.response(180)
        for receiver in ser.receivers():
            os.kill(receiver, signal.SIGKILL)
        alice.send(cancel(invite))
        bob.reply(bob.receive("CANCEL"), 481)
        alice.response(481, "CANCEL")


MODULE = """
from ser_core.modules.api import REQUEST, Module, command


class Boom(Module):
    '''A module of somebody else, with a mistake.'''

    name = "boom"

    @command(routes=REQUEST)
    def boom(self, msg) -> bool:
        '''Raise.'''
        raise RuntimeError("boom!")
"""


@pytest.fixture
def foreign_module(tmp_path: Path) -> dict[str, str]:
    """An environment in which `loadmodule "boom.so"` finds a module of somebody else's."""
    (tmp_path / "boom.py").write_text(MODULE)
    info = tmp_path / "boom-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: boom\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ser.modules]\nboom = boom:Boom\n")
    return {"PYTHONPATH": str(tmp_path)}


def test_a_script_that_raises_answers_500_and_the_receiver_lives_on(
    foreign_module: dict[str, str],
) -> None:
    config = (
        'loadmodule "sl.so"\nloadmodule "maxfwd.so"\nloadmodule "boom.so"\n'
        'route { mf_process_maxfwd_header("10"); if (method=="MESSAGE") { boom(); };\n'
        'sl_send_reply("200", "OK"); }\n'
    )
    with Ser(config, environment=foreign_module) as ser, Peer(f"127.0.0.1:{ser.port}") as peer:
        before = ser.receivers()
        for method, status in (("MESSAGE", 500), ("OPTIONS", 200), ("MESSAGE", 500)):
            peer.send(peer.request(method, f"sip:{peer.proxy}"))
            assert peer.final_response().status == status
        assert ser.receivers() == before
        ser.wait_for_log("boom!")
        assert "ser.cfg" in ser.log_text(), "the traceback names the line of the script"

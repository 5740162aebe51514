"""Messages of a call keep their order while its script waits; other calls don't wait for it."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from gevent.event import Event

from ser_core.sip.hop import Hop, Listener
from ser_core.sip.parser import parse_message
from ser_core.transport import turns
from ser_core.transport.turns import Message, Turns
from tests.support.network import wait_for

ALICE = Hop("udp", "192.0.2.1", 5060, Listener("udp", "192.0.2.100", 5060))


def request(call_id: str, cseq: int) -> Message:
    return parse_message(
        (
            "OPTIONS sip:bob@192.0.2.100 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{cseq}\r\n"
            "From: <sip:alice@192.0.2.1>;tag=1\r\nTo: <sip:bob@192.0.2.100>\r\n"
            f"Call-ID: {call_id}\r\nCSeq: {cseq} OPTIONS\r\n\r\n"
        ).encode()
    )


class Scripts:
    """Scripts that wait until they are let go on."""

    def __init__(self) -> None:
        self.begun: list[tuple[bytes, int]] = []
        self.ended: list[tuple[bytes, int]] = []
        self.go_on = Event()
        self.turns = Turns(self.run)

    def run(self, message: Message, source: Hop) -> None:
        key = (message.call_id, message.cseq_number)
        self.begun.append(key)
        self.go_on.wait(10)
        self.ended.append(key)

    def all_done(self) -> bool:
        gevent.idle()
        return len(self.turns) == 0


def test_a_message_waits_for_the_one_before_it_of_the_same_call() -> None:
    scripts = Scripts()
    assert all(scripts.turns.take(request("a", number), ALICE) for number in (1, 2, 3))
    gevent.idle()
    assert scripts.begun == [(b"a", 1)]
    scripts.go_on.set()
    wait_for(scripts.all_done)
    assert scripts.ended == [(b"a", 1), (b"a", 2), (b"a", 3)]


def test_other_calls_do_not_wait() -> None:
    scripts = Scripts()
    for call_id in "abc":
        scripts.turns.take(request(call_id, 1), ALICE)
    gevent.idle()
    assert sorted(scripts.begun) == [(b"a", 1), (b"b", 1), (b"c", 1)]
    scripts.go_on.set()
    wait_for(scripts.all_done)


def test_a_greenlet_serves_one_call_after_the_other_and_few_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "MAX_IDLE", 1)
    greenlets: list[Any] = []  # Any: gevent's
    taking = Turns(lambda message, source: greenlets.append(gevent.getcurrent()))
    for call_id in ("a", "b"):
        assert taking.take(request(call_id, 1), ALICE)
    wait_for(lambda: len(greenlets) == 2)
    assert taking.take(request("c", 1), ALICE)
    wait_for(lambda: len(greenlets) == 3)
    first, second, third = greenlets
    assert third is first
    assert first is not second
    assert second.dead


def test_too_many_calls_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MAX_CALLS", 2)
    scripts = Scripts()
    assert [scripts.turns.take(request(x, 1), ALICE) for x in "abc"] == [True, True, False]
    scripts.go_on.set()
    wait_for(scripts.all_done)
    assert scripts.turns.take(request("c", 1), ALICE)
    wait_for(scripts.all_done)


def test_too_many_messages_of_one_call_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MAX_BEHIND", 1)
    scripts = Scripts()
    assert [scripts.turns.take(request("a", x), ALICE) for x in (1, 2, 3)] == [True, True, False]
    scripts.go_on.set()
    wait_for(scripts.all_done)


def test_a_script_that_fails_takes_no_call_with_it() -> None:
    dealt: list[int] = []

    def fail_once(message: Message, source: Hop) -> None:
        dealt.append(message.cseq_number)
        if message.cseq_number == 1:
            raise gevent.GreenletExit

    taking = Turns(fail_once)
    taking.take(request("a", 1), ALICE)
    wait_for(lambda: bool(dealt) and not len(taking))
    assert taking.take(request("a", 2), ALICE)
    wait_for(lambda: dealt == [1, 2])

"""A newcomer waits until the others have told which connections they hold."""

from __future__ import annotations

import gevent

from ser_core.server.acquaintance import Acquaintance
from ser_core.sip.hop import Hop, Listener

UDP = Listener("udp", "192.0.2.100", 5060)
ALICE = Hop("udp", "192.0.2.1", 5060, UDP)
BOB = Hop("udp", "192.0.2.2", 5060, UDP)


class Newcomer:
    def __init__(self, *others: int) -> None:
        self.dealt: list[tuple[bytes, Hop]] = []
        self.acquaintance = Acquaintance(others, lambda *message: self.dealt.append(message))


def test_who_is_alone_waits_for_nobody() -> None:
    assert Newcomer().acquaintance.wait(0.0)


def test_it_waits_until_the_last_one_has_told() -> None:
    newcomer = Newcomer(1, 2)
    waiting = gevent.spawn(newcomer.acquaintance.wait, 60.0)
    newcomer.acquaintance.told_all(2)
    gevent.idle()
    assert not waiting.ready()
    newcomer.acquaintance.told_all(1)
    assert waiting.get(timeout=10) is True


def test_one_that_never_tells_is_waited_for_only_so_long() -> None:
    newcomer = Newcomer(1)
    assert not newcomer.acquaintance.wait(0.01)


def test_a_message_that_comes_too_early_is_dealt_with_in_its_turn() -> None:
    newcomer = Newcomer(1)
    assert newcomer.acquaintance.holds_back(b"first", ALICE)
    assert newcomer.acquaintance.holds_back(b"second", BOB)
    newcomer.acquaintance.told_all(1)
    assert newcomer.dealt == []
    newcomer.acquaintance.wait()
    assert newcomer.dealt == [(b"first", ALICE), (b"second", BOB)]


def test_later_messages_are_not_held_back() -> None:
    newcomer = Newcomer()
    newcomer.acquaintance.wait()
    assert not newcomer.acquaintance.holds_back(b"third", ALICE)


def test_who_isnt_waited_for_may_tell_as_well() -> None:
    newcomer = Newcomer(1)
    newcomer.acquaintance.told_all(7)
    assert not newcomer.acquaintance.wait(0.0)

from __future__ import annotations

from ser_core.sip.hop import Hop, Listener
from ser_core.transport.failed_connects import MEMORY, PEERS_REMEMBERED, FailedConnects

LISTENER = Listener("tcp", "127.0.0.1", 5060)
PEER = Hop("tcp", "192.0.2.1", 5060, LISTENER)


def test_a_failure_is_remembered_for_a_while() -> None:
    now = 100.0
    failed = FailedConnects(lambda: now)
    assert not failed.is_recent(PEER)
    failed.note(PEER)
    assert failed.is_recent(PEER)
    assert failed.is_recent(PEER._replace(connection=7))
    assert not failed.is_recent(PEER._replace(port=5061))
    now += MEMORY
    assert not failed.is_recent(PEER)


def test_a_success_makes_it_forgotten() -> None:
    failed = FailedConnects(lambda: 0.0)
    failed.note(PEER)
    failed.forget(PEER)
    failed.forget(PEER)
    assert not failed.is_recent(PEER)


def test_not_more_than_so_many_are_remembered() -> None:
    failed = FailedConnects(lambda: 0.0)
    for number in range(2 * PEERS_REMEMBERED):
        failed.note(PEER._replace(port=number))
        assert len(failed) <= PEERS_REMEMBERED
    assert failed.is_recent(PEER._replace(port=2 * PEERS_REMEMBERED - 1))

from __future__ import annotations

import time
from collections.abc import Iterator

import gevent
import pytest
from gevent.event import Event

from ser_core.fifo import waiting as waiting_file
from ser_core.fifo.waiting import FAREWELL_TIME, WaitingReplies
from tests.support.network import wait_for


@pytest.fixture
def waiting() -> Iterator[WaitingReplies]:
    made = WaitingReplies()
    yield made
    made.close()


def test_each_has_a_greenlet_and_is_gone_when_that_ends(waiting: WaitingReplies) -> None:
    go_on = Event()
    assert waiting.add(10, go_on.wait)
    assert waiting.add(10, go_on.wait)
    assert len(waiting) == 2
    go_on.set()
    wait_for(lambda: not len(waiting), "their end")


def test_there_is_room_for_so_many(
    waiting: WaitingReplies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_file, "MAX_REPLIES", 2)
    go_on = Event()
    assert [waiting.add(1, go_on.wait) for _ in range(3)] == [True, True, False]
    go_on.set()
    wait_for(lambda: not len(waiting), "their end")
    assert waiting.add(1, go_on.wait)


def test_there_is_room_for_so_many_bytes_but_always_for_one(
    waiting: WaitingReplies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_file, "MAX_BYTES", 100)
    go_on = Event()
    assert waiting.add(1000, go_on.wait)
    assert not waiting.add(1, go_on.wait)
    go_on.set()
    wait_for(lambda: not len(waiting), "its end")
    go_on.clear()
    assert [waiting.add(size, go_on.wait) for size in (60, 40, 1)] == [True, True, False]
    go_on.set()


def test_at_the_end_they_have_a_moment_and_then_exit() -> None:
    waiting = WaitingReplies()
    ended: list[str] = []

    def quick() -> None:
        gevent.sleep(0)
        ended.append("quick")

    def never() -> None:
        try:
            Event().wait()
        except gevent.GreenletExit:
            ended.append("never")

    waiting.add(1, never)
    waiting.add(1, quick)
    before = time.monotonic()
    waiting.close()
    assert ended == ["quick", "never"]
    assert FAREWELL_TIME <= time.monotonic() - before < FAREWELL_TIME + 2
    wait_for(lambda: not len(waiting), "their end")

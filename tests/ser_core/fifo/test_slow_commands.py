"""Slow commands side by side, but not all of them."""

from __future__ import annotations

import gevent
from gevent.event import Event

from ser_core.fifo.slow_commands import AT_ONCE, MAX_COMMANDS, SlowCommands
from tests.support.network import wait_for


def test_few_work_at_once_and_the_others_wait_for_their_turn() -> None:
    commands = SlowCommands()
    go_on = Event()
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        go_on.wait()

    for number in range(AT_ONCE + 3):
        assert commands.spawn(lambda number=number: work(number))  # type: ignore[misc]  # bound now
    gevent.sleep(0.02)
    assert begun == list(range(AT_ONCE))
    go_on.set()
    wait_for(lambda: begun == list(range(AT_ONCE + 3)), "all, in their order")


def test_there_is_room_for_so_many() -> None:
    commands = SlowCommands()
    go_on = Event()

    def work() -> None:
        go_on.wait()

    taken = [commands.spawn(work) for _ in range(MAX_COMMANDS + 1)]
    assert taken == [True] * MAX_COMMANDS + [False]
    go_on.set()
    wait_for(lambda: commands.spawn(lambda: None), "room")


def test_one_that_fails_leaves_its_place() -> None:
    commands = SlowCommands()
    done = Event()

    def fail() -> None:
        raise gevent.GreenletExit

    for _ in range(AT_ONCE):
        commands.spawn(fail)
    commands.spawn(done.set)
    assert done.wait(5)

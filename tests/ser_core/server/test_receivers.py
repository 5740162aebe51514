"""Asking receivers: whoever waits gets exactly one answer, whatever becomes of the receiver."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from ser_core.fifo.declarations import FifoCommand, Where
from ser_core.fifo.protocol import Reply
from ser_core.server.bus_messages import AnyMessage, Command, CommandReply, ReceiverEnded
from ser_core.server.call_id import owner_of
from ser_core.server.receivers import BusReceivers


def command(timeout: float | None = 2.0) -> FifoCommand:
    return FifoCommand("t_test", (), Where.OWNER, False, False, timeout, None, None, None, (), "")


class FakeTimer:
    def __init__(self, after: float) -> None:
        self.after = after
        self.call: Callable[[], None] | None = None
        self.is_closed = False

    def start(self, callback: Callable[..., None], *args: Any) -> None:
        self.call = lambda: callback(*args)

    def stop(self) -> None:
        self.call = None

    def close(self) -> None:
        self.is_closed = True


class World:
    """Three receivers with pids 100 to 102."""

    def __init__(self) -> None:
        self.pids = {0: 100, 1: 101, 2: 102}
        self.sent: list[tuple[int, Command]] = []
        self.lost: list[Callable[[], None]] = []
        self.timers: list[FakeTimer] = []
        self.is_full = False
        self.receivers = BusReceivers(3, self.send, self, self)
        self.replies: list[Reply] = []

    def pid(self, process: int) -> int:
        return self.pids[process]

    def timer(self, after: float) -> FakeTimer:
        self.timers.append(FakeTimer(after))
        return self.timers[-1]

    def send(self, process: int, message: AnyMessage, lost: Callable[[], None]) -> bool:
        assert isinstance(message, Command)
        self.lost.append(lost)
        self.sent.append((process, message))
        return not self.is_full

    def ask(self, receiver: int, *, timeout: float | None = 2.0) -> int:
        """The number of the question."""
        self.receivers.ask(receiver, command(timeout), (b"x", [b"y"]), self.replies.append)
        return self.sent[-1][1].id if self.sent else 0


@pytest.fixture
def world() -> World:
    return World()


def test_a_command_goes_out_for_the_process_that_runs_now(world: World) -> None:
    number = world.ask(1)
    assert world.sent == [(1, Command(number, 101, "t_test", [b"x", [b"y"]]))]


def test_the_reply_reaches_whoever_asked_and_ends_the_waiting(world: World) -> None:
    number = world.ask(1)
    world.receivers.on_reply(CommandReply(number, 404, b"no \xff", b"body\n"))
    assert world.replies == [Reply(404, "no \udcff", b"body\n")]
    assert world.timers[0].is_closed
    world.receivers.on_reply(CommandReply(number, 200, b"ok", b""))
    assert len(world.replies) == 1


def test_replies_may_come_in_any_order(world: World) -> None:
    one, two = world.ask(0), world.ask(0)
    world.receivers.on_reply(CommandReply(two, 200, b"two", b""))
    world.receivers.on_reply(CommandReply(one, 200, b"one", b""))
    assert [x.text for x in world.replies] == ["two", "one"]


def test_a_reply_to_a_predecessor_of_ours_matches_nothing(world: World) -> None:
    number = world.ask(0)
    assert number >> 32 == os.getpid()
    world.receivers.on_reply(CommandReply(number - (1 << 32), 200, b"ok", b""))
    assert world.replies == []


def test_waiting_has_an_end(world: World) -> None:
    number = world.ask(2)
    (timer,) = world.timers
    assert timer.after == 2.0
    assert timer.call is not None
    timer.call()
    assert world.replies == [Reply(500, "receiver 2 didn't answer within 2 s")]
    world.receivers.on_reply(CommandReply(number, 200, b"ok", b""))
    assert len(world.replies) == 1


def test_some_commands_wait_as_long_as_it_takes(world: World) -> None:
    world.ask(0, timeout=None)
    assert world.timers == []


def test_the_death_of_a_receiver_answers_what_it_was_asked(world: World) -> None:
    world.ask(1)
    other = world.ask(0)
    world.ask(1, timeout=None)
    world.receivers.on_ended(ReceiverEnded(1, 101))
    assert world.replies == [Reply(500, "the receiver died")] * 2
    world.receivers.on_reply(CommandReply(other, 200, b"ok", b""))
    assert len(world.replies) == 3


def test_what_its_successor_was_asked_already_is_not_answered_by_a_death(world: World) -> None:
    world.pids[1] = 201
    world.ask(1)
    world.receivers.on_ended(ReceiverEnded(1, 101))
    assert world.replies == []


def test_a_receiver_that_is_being_started_is_not_waited_for(world: World) -> None:
    world.pids[1] = 0
    world.ask(1)
    assert world.replies == [Reply(500, "receiver 1 is being started")]
    assert world.sent == []


def test_a_receiver_that_takes_nothing_any_more_is_told_of(world: World) -> None:
    world.is_full = True
    number = world.ask(1)
    assert world.replies == [Reply(500, "receiver 1 is too busy")]
    world.receivers.on_reply(CommandReply(number, 200, b"ok", b""))
    assert len(world.replies) == 1


@pytest.mark.parametrize("timeout", [2.0, None])
def test_a_command_that_never_reaches_its_receiver_is_told_of(
    world: World, timeout: float | None
) -> None:
    """Nothing else would ever answer t_uac_dlg, which waits as long as it takes."""
    world.ask(1, timeout=timeout)
    assert world.replies == []
    for _ in range(2):  # it went in two pieces
        world.lost[0]()
    assert world.replies == [Reply(500, "receiver 1 is too busy")]
    assert all(timer.is_closed for timer in world.timers)


def test_a_call_belongs_to_the_receiver_that_its_messages_go_to(world: World) -> None:
    for number in range(20):
        call_id = b"call-%d" % number
        assert world.receivers.owner_of(call_id) == owner_of(call_id, 3)


def test_what_belongs_to_no_call_goes_to_all_in_turn_but_not_to_the_dead(world: World) -> None:
    assert sorted(world.receivers.owner_of(b"") for _ in range(3)) == [0, 1, 2]
    world.pids[1] = 0
    assert {world.receivers.owner_of(b"") for _ in range(6)} == {0, 2}
    world.pids = dict.fromkeys(range(3), 0)
    assert world.receivers.owner_of(b"") in (0, 1, 2)
    assert list(world.receivers.everyone()) == [0, 1, 2]


def test_closing_leaves_no_timers(world: World) -> None:
    world.ask(0)
    world.receivers.close()
    assert world.timers[0].is_closed
    assert world.replies == []

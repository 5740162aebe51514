"""Running commands: here or in receivers, now or later; whatever happens there is one reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from ser_core import log
from ser_core.fifo.command_table import CommandTable
from ser_core.fifo.declarations import (
    Control,
    FifoCommand,
    Pending,
    Where,
    fifo_command,
    line,
    rest,
)
from ser_core.fifo.dispatcher import Arguments, Dispatcher, OwnReceiver, Runner, Take, tell
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.fifo.requests import Request
from ser_core.modules.api import Counter


def total_of(replies: Sequence[Reply]) -> Reply:
    return Reply(body=b"%d\n" % sum(int(reply.body) for reply in replies))


class Commands:
    """One of each sort."""

    def __init__(self) -> None:
        self.pending = Pending()

    @fifo_command(line("text", "what to say"))
    def say(self, control: Control, text: bytes) -> Reply:
        return Reply(body=text)

    @fifo_command()
    def refuse(self, control: Control) -> Reply:
        raise FifoError(404, "nothing there")

    @fifo_command()
    def fail(self, control: Control) -> Reply:
        raise RuntimeError("a mistake of ours")

    @fifo_command(slow=True)
    def dig(self, control: Control) -> Reply:
        return Reply(body=b"found")

    @fifo_command(slow=True)
    def dig_in_vain(self, control: Control) -> Reply:
        raise RuntimeError("broke the shovel")

    @fifo_command()
    def later(self, control: Control) -> Pending:
        return self.pending

    @fifo_command(line("call_id", "whose"), where=Where.OWNER, owner=lambda call_id: call_id)
    def end_call(self, control: Control, call_id: bytes) -> Reply:
        return Reply(body=b"ended " + call_id)

    @fifo_command(where=Where.OWNER, owner=lambda: b"%d" % (1 // 0))
    def bad_owner(self, control: Control) -> Reply:
        return Reply()

    @fifo_command(where=Where.ALL, settles=lambda reply: reply.text == "mine")
    def hand_back(self, control: Control) -> Reply:
        return Reply(text="mine")

    @fifo_command(where=Where.ALL, merge=total_of)
    def count(self, control: Control) -> Reply:
        return Reply(body=b"1\n")

    @fifo_command(rest("words", "none: only look"), changes=True)
    def set_or_look(self, control: Control, words: list[bytes]) -> Reply:
        return Reply()

    @fifo_command()
    def log_tail(self, control: Control) -> Reply:
        return Reply()

    @fifo_command(changes=True)
    def end_all(self, control: Control) -> Reply:
        return Reply()

    @fifo_command(where=Where.ALL)
    def flush(self, control: Control) -> Reply:
        return Reply(text="flushed")


class FakeReceivers:
    """Two receivers that answer when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str, list[Any]]] = []
        self.takes: list[Take] = []

    def everyone(self) -> Sequence[int]:
        return (0, 1)

    def owner_of(self, call_id: bytes) -> int:
        return len(call_id) % 2

    def ask(self, receiver: int, command: FifoCommand, arguments: Arguments, take: Take) -> None:
        self.asked.append((receiver, command.name, list(arguments)))
        self.takes.append(take)


class World:
    """A dispatcher, and what it is surrounded by."""

    def __init__(self, *, alone: bool = False) -> None:
        self.commands = Commands()
        self.failures = Counter("failures", "")
        self.spawned: list[Callable[[], None]] = []
        self.has_room = True
        table = CommandTable()
        table.register(self.commands)
        control = cast(Control, object())
        self.runner = Runner(table, control, self.failures, self.spawn)
        self.receivers = FakeReceivers()
        own = OwnReceiver(self.runner)
        self.dispatcher = Dispatcher(self.runner, own if alone else self.receivers)
        self.replies: list[Reply] = []

    def spawn(self, work: Callable[[], None]) -> bool:
        if self.has_room:
            self.spawned.append(work)
        return self.has_room

    def run(self, name: str, *arguments: bytes) -> list[Reply]:
        """The replies so far; there may be more later."""
        result = self.dispatcher.execute(Request(name, "r", arguments))
        tell(result, self.replies.append)
        return self.replies


def test_a_command_of_this_process_answers_at_once() -> None:
    assert World().run("say", b"hello") == [Reply(body=b"hello")]


def test_the_reader_learns_what_a_command_takes() -> None:
    dispatcher = World().dispatcher
    assert dispatcher.arguments_of("say") == (line("text", "what to say"),)
    assert dispatcher.arguments_of("weather") is None


def test_a_refusal_is_its_reply() -> None:
    assert World().run("refuse") == [Reply(404, "nothing there")]


def test_a_command_that_nobody_knows_is_told_so() -> None:
    assert World().run("weather\n") == [Reply(500, r"command 'weather\n' not available")]


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (log.INFO, []),
        (log.DEBUG, ["set_or_look", "end_all", "weather: there is none"]),
        (log.LOOKUPS, ["set_or_look", "end_all", "weather: there is none"]),
        (log.STEPS, ["say", "set_or_look", "set_or_look", "end_all", "weather: there is none"]),
    ],
)
def test_what_changes_something_is_told_at_level_4_what_looks_at_8_the_log_s_reader_never(
    level: int,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(log, "_level", [level])
    world = World()
    for name, *arguments in (
        ("log_tail",), ("say", b"hello"), ("set_or_look", []), ("set_or_look", [b"4"]),
        ("end_all",), ("weather",),
    ):  # fmt: skip
        world.run(name, *arguments)
    lines = capfd.readouterr().err.splitlines()
    assert [line.partition("command ")[2] for line in lines] == told


def test_an_exception_becomes_a_reply_a_traceback_and_a_count(
    capfd: pytest.CaptureFixture[str],
) -> None:
    world = World()
    assert world.run("fail") == [Reply(500, "fail failed, the log says why")]
    assert world.failures.value == 1
    shown = capfd.readouterr().err
    assert "the FIFO command fail failed" in shown
    assert "RuntimeError: a mistake of ours" in shown


def test_a_slow_command_runs_in_a_greenlet_of_its_own() -> None:
    world = World()
    assert world.run("dig") == []
    world.spawned.pop()()
    assert world.replies == [Reply(body=b"found")]


def test_a_slow_command_is_refused_when_too_many_wait() -> None:
    world = World()
    world.has_room = False
    assert world.run("dig") == [Reply(500, "dig: too many slow commands wait")]


def test_a_slow_command_that_fails_answers_too() -> None:
    world = World()
    world.run("dig_in_vain")
    world.spawned.pop()()
    assert world.replies == [Reply(500, "dig_in_vain failed, the log says why")]
    assert world.failures.value == 1


def test_an_answer_may_come_later_and_only_once() -> None:
    world = World()
    assert world.run("later") == []
    world.commands.pending.answer(Reply(200, "at last"))
    world.commands.pending.answer(Reply(500, "too late"))
    assert world.replies == [Reply(200, "at last")]


@pytest.mark.parametrize(("call_id", "owner"), [(b"odd", 1), (b"even", 0), (b"", 0)])
def test_a_command_about_a_call_goes_to_its_owner(call_id: bytes, owner: int) -> None:
    world = World()
    assert world.run("end_call", call_id) == []
    assert world.receivers.asked == [(owner, "end_call", [call_id])]
    world.receivers.takes[0](Reply(body=b"ended"))
    assert world.replies == [Reply(body=b"ended")]


def test_an_owner_that_cannot_be_told_is_a_failure_of_the_command(
    capfd: pytest.CaptureFixture[str],
) -> None:
    world = World()
    assert world.run("bad_owner") == [Reply(500, "bad_owner failed, the log says why")]
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_replies_of_all_receivers_become_one_in_whatever_order_they_come() -> None:
    world = World()
    assert world.run("count") == []
    assert [x[0] for x in world.receivers.asked] == [0, 1]
    world.receivers.takes[1](Reply(body=b"4\n"))
    assert world.replies == []
    world.receivers.takes[0](Reply(body=b"3\n"))
    assert world.replies == [Reply(body=b"7\n")]


def test_the_one_that_settles_it_makes_the_reply_and_nobody_else_is_waited_for() -> None:
    world = World()
    world.run("hand_back")
    world.receivers.takes[1](Reply(text="mine"))
    assert world.replies == [Reply(text="mine")]
    world.receivers.takes[0](Reply(500, "receiver 0 didn't answer within 2 s"))
    assert world.replies == [Reply(text="mine")]


def test_one_receiver_that_fails_makes_the_reply() -> None:
    world = World()
    world.run("count")
    world.receivers.takes[0](Reply(body=b"3\n"))
    world.receivers.takes[1](Reply(500, "the receiver died"))
    assert world.replies == [Reply(500, "the receiver died")]


def test_without_merging_the_first_receiver_speaks_for_all() -> None:
    world = World()
    world.run("flush")
    world.receivers.takes[1](Reply(text="second"))
    world.receivers.takes[0](Reply(text="first"))
    assert world.replies == [Reply(text="first")]


def test_a_merge_that_fails_is_a_failure_of_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.run("count")
    for take in world.receivers.takes:
        take(Reply(body=b"no number\n"))
    assert world.replies == [Reply(500, "count failed, the log says why")]
    assert "ValueError" in capfd.readouterr().err


def test_one_process_that_does_everything_runs_the_receivers_commands_itself() -> None:
    world = World(alone=True)
    world.run("end_call", b"x")
    world.run("count")
    assert world.replies == [Reply(body=b"ended x"), Reply(body=b"1\n")]

"""A reload as the attendant runs it, with processes that are only names."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.script.diagnostics import ConfigErrors, Diagnostic, Span
from ser_core.script.differences import Difference, Kind
from ser_core.server.bus_messages import AnyMessage, ForgetScript, PrepareScript, SwitchScript
from ser_core.server.new_script import NeedsRestart, NewScript
from ser_core.server.reload import PATIENCE, Phase, Reload

MISTAKE = ConfigErrors([Diagnostic(Span("ser.cfg", 3, 5, 3, 9), "no such thing", "", "error", "x")])


class FakeProgram:
    warnings: tuple[Diagnostic, ...] = ()
    is_dismissed = False

    def dismiss(self) -> None:
        self.is_dismissed = True


class FakeHost:
    """Three processes, a file that is good until `error` says otherwise, and a list of messages."""

    def __init__(self) -> None:
        self.pids = {0: 100, 1: 101, 2: 102}
        self.error: Exception | None = None
        self.no_room = False
        self.full = False
        self.sent: list[tuple[int, AnyMessage]] = []
        self.unsent: list[tuple[int, AnyMessage]] = []
        self.read_times = 0
        self.is_slow = False
        self.is_closed = False
        self.generation = 0
        self.told: list[str] = []
        self.replies: list[tuple[int, Reply]] = []
        self.failures = 0
        self.scripts: list[NewScript] = []

    def start_reading(self) -> None:
        self.read_times += 1

    def read(self) -> NewScript | None:
        if self.is_slow:
            return None
        if self.error is not None:
            raise self.error
        difference = Difference(Kind.DIRECTIVE, "children", "4", "8", True)
        program: Any = FakeProgram()
        self.scripts.append(NewScript(program, b"text", {"gw": ["192.0.2.1"]}, [difference]))
        return self.scripts[-1]

    def room_for(self, script: NewScript) -> list[str]:
        if self.no_room:
            raise ValueError("there is room for 1 more counters, 2 are needed")
        return ["a.b"]

    def aliases_with(self, script: NewScript) -> list[tuple[str, str, int]]:
        return []

    def send(self, process: int, message: AnyMessage) -> None:
        self.unsent.append((process, message))

    def flush(self) -> bool:
        if not self.full:
            self.sent += self.unsent
            self.unsent.clear()
        return bool(self.unsent)

    def take_effect(self, script: NewScript, loaded_at: float) -> int:
        self.generation += 1
        return self.generation

    def reply_to(self, number: int, reply: Reply) -> None:
        self.replies.append((number, reply))

    def count_failure(self) -> None:
        self.failures += 1

    def close(self) -> None:
        self.is_closed = True

    def begun(self) -> None:
        self.told.append("begun")

    def ended(self) -> None:
        self.told.append("ended")


class World:
    def __init__(self) -> None:
        self.host = FakeHost()
        self.now = 1000.0
        self.reload = Reload(self.host, lambda: self.host.pids, lambda: self.now)
        self.answers: list[Reply] = []

    def ask(self, *, only_check: bool = False) -> None:
        self.reload.ask(self.answers.append, only_check=only_check)

    def sent(self) -> list[tuple[int, type[Any]]]:
        """What has left since the last look."""
        found = [(process, type(message)) for process, message in self.host.sent]
        self.host.sent.clear()
        return found

    def all_say(self, word: str, *processes: int, number: int = 1) -> None:
        for process in processes or tuple(self.host.pids):
            self.reload.on_report(word, process, number, "")


@pytest.fixture
def world() -> World:
    return World()


def test_all_make_it_ready_then_all_swap(world: World) -> None:
    world.ask()
    assert world.sent() == [(0, PrepareScript), (1, PrepareScript), (2, PrepareScript)]
    world.all_say("prepared", 0, 1)
    assert (world.sent(), world.host.generation) == ([], 0)
    world.all_say("prepared", 2)
    assert world.sent() == [(0, SwitchScript), (1, SwitchScript), (2, SwitchScript)]
    assert (world.host.generation, world.answers) == (1, [])
    world.all_say("switched")
    [reply] = world.answers
    assert (reply.code, reply.text) == (200, "ok generation=1 changes=1 restart=1")
    assert b"directive\tchildren\t4\t8\tat a restart\n" in reply.body
    assert world.host.told == ["begun", "ended"]


def test_each_gets_what_it_needs_to_come_to_the_same_program(world: World) -> None:
    world.ask()
    _, message = world.host.sent[1]
    assert message == PrepareScript(1, 101, b"text", {"gw": ["192.0.2.1"]}, ["a.b"], [])


def test_mistakes_are_told_and_nobody_hears_of_them(world: World) -> None:
    world.host.error = MISTAKE
    world.ask()
    assert world.sent() == []
    [reply] = world.answers
    assert (reply.code, reply.text) == (400, "1 error in ser.cfg, nothing has changed")
    assert reply.body.startswith(b"ser.cfg:3:5: error: no such thing\n")
    assert world.host.told == []


def test_reading_takes_its_time_and_holds_forks_meanwhile(world: World) -> None:
    world.host.is_slow = True
    world.ask()
    world.reload.step()
    assert (world.reload.phase, world.reload.holds_forks) == (Phase.IDLE, True)
    assert world.reload.due() < world.now + 1
    world.ask()
    world.ask(only_check=True)
    assert [reply.code for reply in world.answers] == [409, 409]
    world.reload.hang_up()  # kept for afterwards
    world.now += 100
    world.host.is_slow = False
    world.reload.step()
    assert len(world.sent()) == 3
    world.now += 5 * 100  # who reads for long may prepare for long
    world.reload.step()
    world.all_say("prepared")
    world.all_say("switched")
    assert [reply.code for reply in world.answers] == [409, 409, 200]
    world.reload.step()
    assert world.host.read_times == 2


def test_a_check_that_is_being_read_holds_the_swap(world: World) -> None:
    world.ask()
    world.host.is_slow = True
    world.ask(only_check=True)
    world.all_say("prepared")
    world.now += PATIENCE + 1
    world.reload.step()
    assert (world.reload.phase, world.host.generation) == (Phase.PREPARING, 0)
    world.host.is_slow = False
    world.reload.step()
    assert (world.reload.phase.name, world.host.generation) == ("SWITCHING", 1)
    assert [reply.code for reply in world.answers] == [200]


def test_the_end_waits_for_what_is_being_read(world: World) -> None:
    world.host.is_slow = True
    world.ask()
    world.reload.close()
    assert world.host.is_closed


def test_a_check_tells_what_would_change_and_changes_nothing(world: World) -> None:
    world.ask(only_check=True)
    [reply] = world.answers
    assert reply.text == "ok changes=1 restart=1"
    assert (world.sent(), world.reload.phase) == ([], Phase.IDLE)
    assert world.host.scripts[0].program.is_dismissed  # type: ignore[attr-defined]


def test_one_that_refuses_stops_it_for_all(world: World) -> None:
    world.ask()
    world.sent()
    world.all_say("prepared", 0)
    world.reload.on_report("refused", 1, 1, "receiver 1: no database")
    assert world.sent() == [(0, ForgetScript), (1, ForgetScript), (2, ForgetScript)]
    [reply] = world.answers
    assert (reply.code, reply.text) == (500, "receiver 1: no database; nothing has changed")
    assert world.host.generation == 0
    assert world.host.scripts[0].program.is_dismissed  # type: ignore[attr-defined]


def test_one_that_is_too_slow_stops_it_for_all(world: World) -> None:
    world.ask()
    world.all_say("prepared", 0, 2)
    world.sent()
    world.now += PATIENCE - 1
    world.reload.step()
    assert world.answers == []
    assert world.reload.due() == world.now + 1
    world.now += 1
    world.reload.step()
    assert world.answers[0].text == "not ready within 15 s: process 101; nothing has changed"
    assert (1, ForgetScript) in world.sent()


def test_what_comes_too_late_or_of_another_attempt_counts_for_nothing(world: World) -> None:
    world.ask()
    world.reload.on_report("refused", 1, 1, "no")
    world.ask()
    world.all_say("prepared", number=1)
    world.reload.on_report("refused", 1, 1, "no")
    assert world.reload.phase.name == "PREPARING"
    world.all_say("prepared", number=2)
    world.all_say("switched", number=1)
    assert world.reload.phase.name == "SWITCHING"
    world.all_say("switched", number=2)
    assert [reply.code for reply in world.answers] == [500, 200]


def test_one_that_dies_while_it_is_made_ready_is_not_waited_for(world: World) -> None:
    world.ask()
    world.all_say("prepared", 0, 1)
    assert world.reload.holds_forks
    world.reload.on_death(2)
    world.sent()
    assert not world.reload.holds_forks
    world.all_say("switched", 0, 1)
    assert world.answers[0].code == 200


def test_one_that_dies_before_it_has_swapped_is_not_waited_for(world: World) -> None:
    world.ask()
    world.all_say("prepared")
    world.all_say("switched", 0, 1)
    assert world.answers == []
    world.reload.on_death(2)
    assert world.answers[0].code == 200


def test_when_all_have_died_the_next_ones_have_the_new_script(world: World) -> None:
    world.host.pids = {}
    world.ask()
    assert (world.answers[0].code, world.host.generation) == (200, 1)


def test_a_second_command_is_told_to_ask_later(world: World) -> None:
    world.ask()
    world.ask()
    assert [reply.code for reply in world.answers] == [409]
    world.all_say("prepared")
    world.all_say("switched")
    assert [reply.code for reply in world.answers] == [409, 200]


def test_a_check_may_come_while_a_reload_is_under_way(world: World) -> None:
    world.ask()
    world.ask(only_check=True)
    assert [reply.code for reply in world.answers] == [200]
    assert world.reload.phase.name == "PREPARING"


def test_a_hangup_meanwhile_is_kept_for_afterwards(world: World) -> None:
    world.reload.hang_up()
    world.reload.hang_up()
    world.reload.hang_up()
    assert world.host.read_times == 1
    world.all_say("prepared")
    world.all_say("switched")
    assert world.reload.due() <= world.now + 1
    world.reload.step()
    assert world.host.read_times == 2
    world.all_say("prepared", number=2)
    world.all_say("switched", number=2)
    world.reload.step()
    assert (world.host.read_times, world.host.generation) == (2, 2)


def test_what_the_bus_does_not_take_is_written_later(world: World) -> None:
    world.host.full = True
    world.ask()
    assert world.sent() == []
    assert world.reload.due() < world.now + 1
    world.host.full = False
    world.reload.step()
    assert len(world.sent()) == 3
    world.host.full = True
    world.all_say("prepared")
    assert world.sent() == []
    world.host.full = False
    world.reload.step()
    assert [kind for _, kind in world.sent()] == [SwitchScript] * 3


def test_what_was_not_yet_written_comes_before_what_takes_it_back(world: World) -> None:
    world.host.full = True
    world.ask()
    world.reload.on_report("refused", 1, 1, "no")
    world.host.full = False
    world.reload.step()
    assert [kind for _, kind in world.sent()] == [PrepareScript] * 3 + [ForgetScript] * 3


def test_one_that_never_says_that_it_has_swapped_does_not_hold_up_the_next_reload(
    world: World,
) -> None:
    world.ask()
    world.all_say("prepared")
    world.all_say("switched", 0, 2)
    assert world.reload.due() == world.now + PATIENCE
    world.now += PATIENCE
    world.reload.step()
    [reply] = world.answers
    assert (reply.code, world.host.generation) == (500, 1)
    assert reply.text == "ser.cfg takes effect, but process 101 hasn't said so"
    world.ask()
    world.all_say("prepared", number=2)
    world.all_say("switched", number=2)
    assert world.answers[-1].code == 200


def test_what_needs_a_restart_altogether_is_told(world: World) -> None:
    world.host.error = NeedsRestart("usrloc can't")
    world.ask()
    assert world.answers == [Reply(500, "usrloc can't; restart ser; nothing has changed")]
    assert world.host.failures == 0


def test_counters_without_room_need_a_restart(world: World) -> None:
    world.host.no_room = True
    world.ask()
    assert world.answers[0].code == 500
    assert "2 are needed; restart ser; nothing has changed" in world.answers[0].text
    assert world.sent() == []


def test_what_nobody_expected_is_answered_counted_and_harms_nobody(world: World) -> None:
    world.host.error = RuntimeError("a module is broken")
    world.ask()
    assert world.answers[0].text == "RuntimeError: a module is broken; nothing has changed"
    assert (world.host.failures, world.reload.phase) == (1, Phase.IDLE)
    world.host.error = None
    world.ask()
    assert world.sent()


@pytest.mark.parametrize(("rest", "codes"), [("check", [200]), ("run", [])])
def test_a_wish_of_the_fifo_server_is_answered_with_its_number(
    world: World, rest: str, codes: list[int]
) -> None:
    world.reload.on_report("reload", 2, 7 << 32, rest)
    assert [(number, reply.code) for number, reply in world.host.replies] == [
        (7 << 32, code) for code in codes
    ]
    assert bool(world.sent()) is not bool(codes)


def test_idle_it_is_never_due(world: World) -> None:
    assert world.reload.due() == float("inf")
    assert not world.reload.holds_forks
    world.reload.on_death(1)
    world.reload.step()

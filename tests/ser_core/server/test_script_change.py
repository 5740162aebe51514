"""A process's part in a reload: made ready in a thread, swapped or forgotten when it is told so."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from gevent.event import Event

from ser_core.modules.api import Counter
from ser_core.modules.tm import Tm
from ser_core.script.loader import Program
from ser_core.server.bus_messages import ForgetScript, PrepareScript, SwitchScript
from ser_core.server.plan import Plan
from ser_core.server.script_change import SWITCH, ScriptChange, in_thread
from tests.support.network import turn_hub, wait_for
from tests.support.plans import TEXT, plan_of

OTHER = TEXT.replace("404", "403").replace('"sl.so"', '"sl.so" loadmodule "tm.so"')


class World:
    """A process that runs scripts, its side, and what it is told."""

    index = 1
    life = -1

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.told: list[tuple[str, int, str]] = []
        self.events: list[tuple[str, Program]] = []
        self.error: Exception | None = None
        self.has_begun = False
        self.may_go_on = Event()
        self.may_go_on.set()
        self.failures = Counter("a.b", "")
        self.handlers = ScriptChange(plan, self, self, self.failures).handlers()

    # Side

    def ready(self) -> None:
        pass

    def beat(self) -> None:
        pass

    def reloading(self) -> None:
        pass

    def reloaded(self) -> None:
        pass

    def stop_all(self) -> None:
        pass

    def tell_reload(self, word: str, number: int, rest: str = "") -> bool:
        self.told.append((word, number, rest))
        return True

    # Takes

    def prepare(self, program: Program) -> Program:
        if self.error is not None:
            raise self.error
        self.has_begun = True
        self.may_go_on.wait()
        self.events.append(("prepare", program))
        return program

    def switch(self, program: Program) -> None:
        assert self.plan.program is program
        self.events.append(("switch", program))

    def abandon(self, program: Program) -> None:
        self.events.append(("abandon", program))

    # The bus

    def hear(self, message: Any) -> None:
        self.handlers[type(message)](message)

    def hear_prepare(self, text: str = OTHER, number: int = 1, pid: int = 0) -> None:
        counters = [*self.plan.pages.counter_names, *(x.name for x in Tm().counters)]
        message = PrepareScript(
            number, pid or os.getpid(), text.encode(), {}, counters, [("*", "a.example", 0)]
        )
        self.hear(message)

    def what_happened(self) -> list[str]:
        return [what for what, _ in self.events]


@pytest.fixture
def world() -> Iterator[World]:
    with plan_of(2) as plan:
        yield World(plan)


def test_it_is_made_ready_and_takes_effect_when_told(world: World) -> None:
    former = world.plan.program
    world.hear_prepare()
    wait_for(lambda: world.told)
    assert world.told == [("prepared", 1, "")]
    assert world.plan.program is former
    world.hear(SwitchScript(1, os.getpid(), 42.0))
    assert world.told[-1] == ("switched", 1, "")
    assert world.what_happened() == ["prepare", "switch"]
    assert world.plan.loaded_at == 42.0
    assert world.plan.local.is_myself(b"a.example")


def test_counters_of_new_modules_count_in_the_row_of_the_process(world: World) -> None:
    world.hear_prepare()
    wait_for(lambda: world.told)
    _, program = world.events[0]
    program.modules["tm"].total.add(3)  # type: ignore[attr-defined]
    assert world.plan.pages.value("tm.total", 1) == 3


def test_what_cannot_be_made_ready_is_refused_with_the_reason(world: World) -> None:
    world.error = RuntimeError("no database")
    world.hear_prepare()
    wait_for(lambda: world.told)
    [(word, number, reason)] = world.told
    assert (word, number) == ("refused", 1)
    assert reason.endswith("no database")
    assert world.failures.value == 1
    world.hear(SwitchScript(1, os.getpid(), 0.0))
    assert world.events == []


def test_what_this_user_cannot_load_may_be_loaded_by_a_restart(world: World) -> None:
    world.error = ModuleNotFoundError("No module named 'queue'")
    world.hear_prepare()
    wait_for(lambda: world.told)
    assert world.told[0][2].endswith("No module named 'queue', which a restart may load")


def test_what_is_forgotten_never_takes_effect(world: World) -> None:
    world.hear_prepare()
    wait_for(lambda: world.told)
    world.hear(ForgetScript(1, os.getpid()))
    world.hear(SwitchScript(1, os.getpid(), 0.0))
    assert world.what_happened() == ["prepare", "abandon"]


def test_what_is_forgotten_while_it_is_compiled_is_not_even_started(world: World) -> None:
    world.hear_prepare()
    world.hear(ForgetScript(1, os.getpid()))
    world.hear_prepare(TEXT, number=2)
    wait_for(lambda: world.told)
    assert world.told == [("prepared", 2, "")]
    assert len(world.events) == 1


def test_what_is_forgotten_while_a_module_waits_is_stopped(world: World) -> None:
    world.may_go_on.clear()
    world.hear_prepare()
    wait_for(lambda: world.has_begun)
    world.hear(ForgetScript(1, os.getpid()))
    world.may_go_on.set()
    wait_for(lambda: world.events)
    turn_hub()
    assert world.what_happened() == ["prepare", "abandon"]
    assert world.told == []


def test_a_newer_one_takes_the_place_of_one_that_nobody_forgot(world: World) -> None:
    world.hear_prepare()
    wait_for(lambda: world.told)
    world.hear_prepare(TEXT, number=2)
    wait_for(lambda: len(world.told) == 2)
    assert world.what_happened() == ["prepare", "abandon", "prepare"]
    world.hear(SwitchScript(1, os.getpid(), 0.0))
    assert "switch" not in world.what_happened()


def test_messages_to_a_predecessor_are_not_for_us(world: World) -> None:
    world.hear_prepare(pid=1)
    world.hear(SwitchScript(1, 1, 0.0))
    world.hear(ForgetScript(1, 1))
    assert (world.told, world.events) == ([], [])


def test_it_works_in_another_thread_that_lets_this_one_have_its_turn_soon() -> None:
    before = sys.getswitchinterval()
    seen = in_thread(lambda: (threading.get_native_id(), sys.getswitchinterval()))
    assert seen[0] != threading.get_native_id()
    assert seen[1] == pytest.approx(SWITCH)
    assert sys.getswitchinterval() == before


def test_what_is_raised_in_the_thread_comes_here() -> None:
    def fail() -> None:
        raise ValueError("from there")

    with pytest.raises(ValueError, match="from there"):
        in_thread(fail)


def test_what_was_raised_there_leaves_nothing_behind() -> None:
    """A reload with mistakes raises; the collector, which would find it, hardly ever comes by."""
    seen: list[weakref.ref[Event]] = []

    def fail() -> None:
        event = Event()
        seen.append(weakref.ref(event))
        raise ValueError

    gc.disable()
    try:
        with contextlib.suppress(ValueError):
            in_thread(fail)
        assert seen[0]() is None
    finally:
        gc.enable()

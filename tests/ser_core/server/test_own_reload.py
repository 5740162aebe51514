"""A reload in the one process that does everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.modules.api import Counter
from ser_core.script.loader import Program
from ser_core.server.own_reload import OwnReload
from ser_core.server.plan import Plan
from ser_core.server.start import Alone
from tests.support.network import wait_for
from tests.support.plans import CONTROL, TEXT, plan_of

GOOD = TEXT.replace("404", "403").replace('"sl.so"', '"sl.so" loadmodule "tm.so"')


class World:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.switched: list[Program] = []
        self.error: Exception | None = None
        self.failures = Counter("a.b", "")
        self.told: list[str] = []
        manager: Any = SimpleNamespace(
            reloading=lambda: self.told.append("reloading"), ready=self.told.append
        )
        self.side = Alone(lambda: None, manager, "1 receiver")
        self.reload = OwnReload(plan, self.side, self, self.failures)

    def prepare(self, program: Program) -> Program:
        if self.error is not None:
            raise self.error
        return program

    def switch(self, program: Program) -> None:
        self.switched.append(program)

    def abandon(self, program: Program) -> None:
        raise AssertionError

    def ask(self, *, only_check: bool = False) -> Reply:
        answers: list[Reply] = []
        self.reload.reload(only_check=only_check).when_answered(answers.append)
        wait_for(lambda: answers)
        return answers[0]

    def write(self, text: str) -> None:
        Path(self.plan.program.path).write_text(text)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with plan_of(1, CONTROL) as plan:
        plan.program.path = str(tmp_path / "ser.cfg")
        made = World(plan)
        made.write(GOOD)
        yield made


def test_the_script_takes_effect_at_once(world: World) -> None:
    reply = world.ask()
    assert (reply.code, reply.text) == (200, "ok generation=1 changes=2 restart=0")
    assert b"module\ttm\t\tloaded\tnow\n" in reply.body
    assert world.switched == [world.plan.program]
    assert world.plan.pages.script_generation == 1
    assert "tm.total" in world.plan.pages.counter_names


def test_the_service_manager_hears_of_the_reload_and_of_its_end(world: World) -> None:
    world.ask(only_check=True)
    world.write("route {")
    world.ask()
    assert world.told == []
    world.write(GOOD)
    world.ask()
    world.error = ValueError("no")
    world.write(GOOD.replace("403", "406"))
    assert world.ask().code == 500
    assert world.told == ["reloading", "1 receiver"] * 2


def test_a_check_changes_nothing(world: World) -> None:
    before = world.plan.program
    assert world.ask(only_check=True).text == "ok changes=2 restart=0"
    assert (world.switched, world.plan.program) == ([], before)


def test_mistakes_change_nothing(world: World) -> None:
    world.write(GOOD.replace("403", "4030"))
    reply = world.ask()
    assert (reply.code, reply.text) == (400, "1 error in ser.cfg, nothing has changed")
    assert b"^~~~" in reply.body
    assert world.switched == []


def test_a_module_that_cannot_start_changes_nothing(world: World) -> None:
    world.error = RuntimeError("no database")
    assert world.ask() == Reply(500, "no database; nothing has changed")
    assert (world.switched, world.failures.value) == ([], 1)
    world.error = None
    assert world.ask().code == 200


def test_one_at_a_time_and_a_hangup_is_kept(world: World) -> None:
    answers: list[Reply] = []
    for _ in range(2):
        world.reload.reload(only_check=False).when_answered(answers.append)
    world.reload.hang_up()
    world.reload.hang_up()
    assert [reply.code for reply in answers] == [409]
    wait_for(lambda: world.plan.pages.script_generation == 2)
    assert [reply.code for reply in answers] == [409, 200]
    world.reload.hang_up()
    wait_for(lambda: world.plan.pages.script_generation == 3)

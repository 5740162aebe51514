"""One script's core: its own settings, modules and routes, and the driver's everything else."""

from __future__ import annotations

import inspect

from ser_core.modules.api import Core, Module
from ser_core.script.runtime import ScriptMessage
from ser_core.script.settings import Settings
from ser_core.sip.parser import parse_message
from ser_core.transport.running_script import RunningScript
from tests.support.driver_process import CALLER, FakeProgram, Process
from tests.support.ladder import request


def members_of_core() -> set[str]:
    classes = [x for x in Core.__mro__ if x.__module__.startswith("ser_core.")]
    found: set[str] = set()
    for each in classes:
        found |= set(vars(each)) | set(inspect.get_annotations(each))
    return {name for name in found if not name.startswith("_")}


def test_it_has_all_that_modules_may_ask_for() -> None:
    script = Process(FakeProgram()).driver.script
    missing = {name for name in members_of_core() if not hasattr(script, name)}
    assert missing == set()


def test_settings_and_modules_are_those_of_its_program() -> None:
    driver = Process(FakeProgram()).driver
    module = Module.__new__(Module)
    program = FakeProgram(modules={"keeper": module}, settings=Settings(max_branches=3))
    script = RunningScript(driver, program)  # type: ignore[arg-type]
    assert script.module("keeper") is module
    assert script.settings.max_branches == 3
    assert script.environment is driver
    assert driver.script.settings.max_branches == 12


def test_the_last_module_is_asked_first() -> None:
    asked: list[str] = []

    class One(Module):
        name = "one"

        def before_request(self, msg: ScriptMessage) -> bool:
            asked.append(self.name)
            return True

    class Two(One):
        name = "two"

    process = Process(FakeProgram(modules={"one": One(), "two": Two()}))
    process.receive(request("MESSAGE"))
    assert asked == ["two", "one"]


def test_a_failure_route_keeps_the_core_that_its_message_began_with() -> None:
    cores: list[object] = []

    def route(msg: ScriptMessage) -> int:
        cores.append(msg.core)
        return 1

    program = FakeProgram(failure_routes={"1": route}, reply_routes={"1": route})
    script = Process(program).driver.script
    msg = ScriptMessage(parse_message(request()), CALLER, 0.0, script)
    script.run_failure_route("1", msg)
    script.run_failure_route("none", msg)
    assert cores == [script]

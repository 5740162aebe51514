"""What a command gets from the process it runs in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from ser_core.fifo.declarations import ProcessInfo
from ser_core.registrar.location import MemoryLocation
from ser_core.server.call_id import owner_of
from ser_core.server.control import ProcessControl, make_runner, processes_of
from ser_core.server.plan import Plan
from tests.support.plans import CONTROL, no_database, plan_of


@pytest.fixture
def plan() -> Iterator[Plan]:
    with plan_of(2, CONTROL) as made:
        yield made


def control_of(plan: Plan, index: int) -> ProcessControl:
    return ProcessControl(plan, MemoryLocation("location"), index, no_database)


def test_counters_are_those_of_all_processes(plan: Plan) -> None:
    for process in (0, 1):
        plan.attach_counters(process)
        plan.counters.driver.requests.add(process + 1)
    control = control_of(plan, 2)
    assert control.total("core.requests") == 3
    assert control.totals()["core.requests"] == 3
    with pytest.raises(KeyError):
        control.total("weather")


def test_a_receiver_owns_the_calls_whose_messages_it_gets(plan: Plan) -> None:
    controls = [control_of(plan, index) for index in range(3)]
    for number in range(20):
        call_id = b"call-%d" % number
        owners = [index for index, control in enumerate(controls) if control.owns(call_id)]
        assert owners == [owner_of(call_id, 2)]


def test_clocks_program_and_location_are_there(plan: Plan) -> None:
    control = control_of(plan, 0)
    assert control.program is plan.program
    assert control.receivers == 2
    assert control.location.domains() == ["location"]
    assert abs(control.wall_time() - time.time()) < 60
    assert control.monotonic() <= time.monotonic()


def test_processes_stand_in_sers_order(plan: Plan) -> None:
    plan.pages.set_pid(1, 816)
    plan.pages.set_pid(plan.fifo_place, 814)
    socket = "127.0.0.1:5060"
    assert processes_of(plan) == [
        ProcessInfo(0, os.getpid(), "attendant"),
        ProcessInfo(1, 814, "fifo server"),
        ProcessInfo(2, 0, f"receiver child=0 sock= {socket}"),
        ProcessInfo(3, 816, f"receiver child=1 sock= {socket}"),
    ]
    assert control_of(plan, 0).processes() == processes_of(plan)


def test_without_a_fifo_server_the_receivers_come_next() -> None:
    with plan_of(1, None, listeners=4) as plan:
        assert [x.description for x in processes_of(plan)] == [
            "attendant",
            "receiver child=0 sock= 127.0.0.1:5060 +3",
        ]


def test_one_process_that_does_everything_is_the_only_one() -> None:
    with plan_of(1, CONTROL, text="fork=no route { break; }") as plan:
        plan.pages.set_pid(0, 812)
        assert processes_of(plan) == [ProcessInfo(0, 812, "stand-alone receiver @ 127.0.0.1:5060")]


def test_a_pause_lets_others_have_their_turn(plan: Plan) -> None:
    control = control_of(plan, 0)
    turns: list[str] = []

    def work(name: str) -> None:
        for _ in range(3):
            turns.append(name)
            control.pause()

    gevent.joinall([gevent.spawn(work, "a"), gevent.spawn(work, "b")])
    assert turns == ["a", "b"] * 3


def test_what_comes_in_has_its_turn_in_each_pause(plan: Plan) -> None:
    """Not only other greenlets: of those the hub runs many before it looks at the network."""
    control = control_of(plan, 0)
    reading, writing = os.pipe()
    watcher = gevent.get_hub().loop.io(reading, 1)
    read: list[bytes] = []
    watcher.start(lambda: read.append(os.read(reading, 1)))

    def work() -> None:
        for number in range(5):
            assert number - len(read) <= 1
            os.write(writing, b"x")
            control.pause()

    gevent.spawn(work).get()
    watcher.stop()
    watcher.close()
    os.close(reading)
    os.close(writing)


def test_a_pause_in_the_hub_itself_is_none(plan: Plan) -> None:
    control = control_of(plan, 0)
    done: list[Any] = []

    def work() -> None:
        control.pause()
        done.append(True)

    gevent.get_hub().loop.run_callback(work)
    gevent.sleep(0.001)
    assert done == [True]


def test_commands_of_the_loaded_modules_run_in_each_process(plan: Plan) -> None:
    runner = make_runner(plan, control_of(plan, 0))
    assert runner.table.find("sl_stats") is not None
    assert runner.table.find("t_stats") is None

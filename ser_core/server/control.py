"""What a FIFO command gets from the process it runs in, and what runs it there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import gevent

from ser_core.fifo.command_table import CommandTable
from ser_core.fifo.declarations import Control, ProcessInfo
from ser_core.fifo.dispatcher import Runner
from ser_core.fifo.slow_commands import SlowCommands
from ser_core.server.call_id import owner_of
from ser_core.server.plan import Plan

if TYPE_CHECKING:
    from ser_core.database.worker import Database
    from ser_core.registrar.location import Location
    from ser_core.script.loader import Program


class ProcessControl:
    """The `Control` of every process of a running ser."""

    def __init__(
        self, plan: Plan, location: Location, index: int, database: Callable[[str], Database]
    ) -> None:
        self._plan = plan
        self._index = index
        self.location = location
        self.database = database
        self.total = plan.pages.total
        self.totals = plan.pages.totals
        self.wall_time = time.time
        self.monotonic = time.monotonic

    @property
    def program(self) -> Program:
        return self._plan.program

    @property
    def receivers(self) -> int:
        return self._plan.receivers

    def processes(self) -> list[ProcessInfo]:
        return processes_of(self._plan)

    def owns(self, call_id: bytes) -> bool:
        return owner_of(call_id, self._plan.receivers) == self._index

    def pause(self) -> None:
        hub = gevent.get_hub()
        if gevent.getcurrent() is hub:  # which cannot wait for itself
            return
        # Not sleep(0): the hub runs 50 callbacks before it looks at the network again. Measured,
        # with slices of 2 ms each datagram then waits 50 ms, and some 170.
        turn = hub.loop.timer(0.0)
        try:
            hub.wait(turn)
        finally:
            turn.close()


def make_runner(plan: Plan, control: Control) -> Runner:
    """Runs the commands of the loaded modules, and what is registered later, in this process."""
    table = CommandTable()
    for module in plan.program.modules.values():
        table.register(module)
    return Runner(table, control, plan.counters.fifo.failures, SlowCommands().spawn)


def processes_of(plan: Plan) -> list[ProcessInfo]:
    """All processes in SER's order, described in SER's words."""
    pages = plan.pages
    socket = _sockets(plan)
    if not plan.program.settings.fork:
        return [ProcessInfo(0, pages.pid(0), f"stand-alone receiver @ {socket}")]
    found = [ProcessInfo(0, pages.pid(plan.attendant_place), "attendant")]
    if plan.control is not None:
        found.append(ProcessInfo(1, pages.pid(plan.fifo_place), "fifo server"))
    found += [
        ProcessInfo(len(found) + x, pages.pid(x), f"receiver child={x} sock= {socket}")
        for x in range(plan.receivers)
    ]
    return found


def _sockets(plan: Plan) -> str:
    """What each receiver reads: all sockets, the first of them by name."""
    first, *others = plan.local.listeners
    name = f"{first.host}:{first.port}"
    return f"{name} +{len(others)}" if others else name

"""The fifo server: the process that takes commands and answers them, next to the receivers.

It has the location table and everybody's counters; what only a receiver knows it asks them over
the bus. When it dies it is started again: FIFO and socket stay open meanwhile, and what waits in
them is served then.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

import gevent

from ser_core.database.open_databases import OpenDatabases
from ser_core.exit_codes import ExitCode
from ser_core.modules.location_tables import location_of
from ser_core.modules.usrloc.domain import Domain
from ser_core.registrar.lmdb_location import LmdbLocation
from ser_core.server.bus import BusConnection
from ser_core.server.bus_messages import CommandReply, LogLine, ReceiverEnded, ReloadReply
from ser_core.server.child import Side
from ser_core.server.control import ProcessControl
from ser_core.server.control_channel import ControlChannel
from ser_core.server.hub import log_errors_of, tune_collector
from ser_core.server.life import Life
from ser_core.server.log_tap import line_of, tap_into
from ser_core.server.plan import Plan
from ser_core.server.privileges import become
from ser_core.server.receivers import BusReceivers
from ser_core.server.reload_wishes import ReloadWishes
from ser_core.server.script_change import ScriptChange

if TYPE_CHECKING:
    from ser_core.script.loader import Program


def serve(plan: Plan, side: Side) -> int:
    """Serve commands until it is told to stop; the exit status.

    Raises OSError or SerError when it can't start.
    """
    hub = gevent.get_hub()
    become(plan.identity, plan.command_groups)
    log_errors_of(hub, plan.counters.fifo.failures)
    process = FifoProcess(plan, side)
    tune_collector()
    process.start()
    side.ready()
    process.wait()
    process.stop()
    return ExitCode.OK


class FifoProcess:
    """The parts of the fifo server."""

    def __init__(self, plan: Plan, side: Side) -> None:
        plan.attach_counters(side.index)
        loop = gevent.get_hub().loop
        self._location = LmdbLocation.open(str(plan.location))
        for domain in Domain.mentioned():
            self._location.add_domain(domain)
        self._databases = OpenDatabases(plan.counters.database)
        database = self._databases.get
        location = location_of(plan.program.modules.values(), database, self._location)
        control = ProcessControl(plan, location, side.index, database)
        self._program = plan.program
        self._wishes = ReloadWishes(side)
        self._channel = ControlChannel(plan, side, control, self._wishes)
        change = ScriptChange(plan, side, self, plan.counters.fifo.failures)
        self._life = Life(side, plan.pages, plan.counters.fifo.failures, self._on_beat)
        self._bus = BusConnection(
            plan.bus,
            side.index,
            loop,
            {
                CommandReply: self._on_reply,
                ReceiverEnded: self._on_receiver_ended,
                LogLine: self._on_log_line,
                ReloadReply: self._wishes.on_reply,
                **change.handlers(),
            },
            plan.counters.bus,
            time.monotonic,
        )
        self._receivers = BusReceivers(plan.receivers, self._bus.send, plan.pages, loop)
        tap_into(self._channel.ring)

    def start(self) -> None:
        """Begin to work."""
        self._life.start()
        self._bus.start()
        self._channel.start(self._receivers)

    def wait(self) -> None:
        """Let the hub run until the process is to stop."""
        self._life.wait()

    def stop(self) -> None:
        """Stop and close everything; in the reverse order of start."""
        self._life.stop()
        self._channel.stop()
        self._receivers.close()
        self._bus.close()
        self._databases.close()
        self._location.close()
        self._life.ended()

    # Another ser.cfg; its modules are started in the receivers only

    def prepare(self, program: Program) -> Program:
        """There is nothing that could fail."""
        return program

    def switch(self, program: Program) -> None:
        """Take its modules' commands; see the tables that it mentions."""
        for domain in Domain.mentioned():
            self._location.add_domain(domain)
        self._channel.use(program)
        self._program.dismiss()
        self._program = program
        gc.collect()

    def abandon(self, program: Program) -> None:
        """Forget it."""
        program.dismiss()

    def _on_beat(self) -> None:
        self._bus.expire()
        self._channel.on_beat()

    def _on_reply(self, message: CommandReply) -> None:
        self._receivers.on_reply(message)

    def _on_receiver_ended(self, message: ReceiverEnded) -> None:
        self._receivers.on_ended(message)

    def _on_log_line(self, message: LogLine) -> None:
        self._channel.ring.add(line_of(message))

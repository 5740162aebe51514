"""All that a receiver gets from the attendant: what was made before the fork, in one place."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.database.counters import DatabaseCounters
from ser_core.fifo.about import About
from ser_core.fifo.counters import FifoCounters
from ser_core.modules.api import Counter
from ser_core.server.attendant import AttendantCounters
from ser_core.server.bus import Bus, BusCounters
from ser_core.server.control_files import ControlFiles
from ser_core.server.privileges import Identity
from ser_core.server.shared import SharedPages
from ser_core.server.sockets import BoundSocket
from ser_core.sip.hop import LocalAddresses
from ser_core.sip.stateless_tag import SECRET_SIZE
from ser_core.transport.connection_counts import ConnectionCounts
from ser_core.transport.counters import TransportCounters
from ser_core.transport.driver_counters import DriverCounters

if TYPE_CHECKING:
    from ser_core.script.loader import Program
    from ser_core.script.operands import Resolve
    from ser_core.script.settings import Settings


DNS_COUNTERS = {
    "dns.queries": "questions put to nameservers",
    "dns.failures": "questions that no nameserver answered",
    "dns.refused": "lookups refused: too many under way",
}
"""Those of the resolver, which is made behind the fork."""


@dataclass(slots=True)
class Counters:
    """The counters of the core, one set per process."""

    driver: DriverCounters = field(default_factory=DriverCounters)
    transport: TransportCounters = field(default_factory=TransportCounters)
    bus: BusCounters = field(default_factory=BusCounters)
    attendant: AttendantCounters = field(default_factory=AttendantCounters)
    fifo: FifoCounters = field(default_factory=FifoCounters)
    database: DatabaseCounters = field(default_factory=DatabaseCounters)

    def all(self, program: Program) -> list[Counter]:
        """Those of the core and of all loaded modules, in the order of the shared page."""
        core = [*self.driver.all(), *self.transport.all, *self.bus.all()]
        core += [*self.attendant.all(), *self.fifo.all()]
        core += self.database.all()
        return core + [x for module in program.modules.values() for x in module.counters]


@dataclass(slots=True)
class Plan:
    """One running ser, as its processes share it."""

    program: Program
    local: LocalAddresses
    sockets: Sequence[Sequence[BoundSocket]]
    """Per receiver, one for each listener."""
    location: Path
    """The file of the location table."""
    pages: SharedPages
    bus: Bus
    counters: Counters
    connection_counts: ConnectionCounts
    about: About
    control: ControlFiles | None = None
    """Where commands come in; None: nowhere."""
    identity: Identity = field(default_factory=Identity)
    """Whom a process becomes before it talks to the network."""
    overrides: Callable[[Settings], None] = lambda settings: None
    """Lets the command line win over what a ser.cfg says."""
    resolve: Resolve = lambda name: ()
    """Finds the addresses of host names that stand in a script's conditions."""
    loaded_at: float = field(default_factory=time.time)
    """When the program was loaded, in Unix seconds."""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(SECRET_SIZE))
    """Keys the To-tags that all receivers must recognise."""

    @property
    def receivers(self) -> int:
        return len(self.sockets)

    @property
    def has_fifo_process(self) -> bool:
        """True when a process of its own reads commands."""
        return self.control is not None and self.program.settings.fork

    @property
    def takes_commands_itself(self) -> bool:
        """True for the one process that does everything (fork=no)."""
        return self.control is not None and not self.program.settings.fork

    @property
    def command_groups(self) -> tuple[int, ...]:
        """Those that whoever answers commands must be in, to write to its clients' pipes."""
        if self.control is None or self.control.gid is None:
            return ()
        return (self.control.gid,)

    @property
    def fifo_place(self) -> int:
        """The fifo server's place on the bus and in the pages."""
        return self.receivers

    @property
    def attendant_place(self) -> int:
        """The attendant's row in the pages."""
        return self.receivers + self.has_fifo_process

    def counter_help(self) -> dict[str, str]:
        """What each counter counts."""
        return {x.name: x.doc for x in self.counters.all(self.program)} | DNS_COUNTERS

    def attach_counters(self, process: int) -> None:
        """Let this process count in its own row."""
        self.pages.attach(self.counters.all(self.program), process)


def make_plan(
    program: Program,
    local: LocalAddresses,
    sockets: Sequence[Sequence[BoundSocket]],
    location: Path,
    identity: Identity,
    about: About,
    control: ControlFiles | None = None,
) -> Plan:
    """Make the pages and the bus.

    Each receiver has a row and a place; behind them, where there is one, the fifo server. The last
    row is the attendant's.
    """
    counters = Counters()
    names = [*(x.name for x in counters.all(program)), *DNS_COUNTERS]
    serving = len(sockets) + (control is not None and program.settings.fork)
    pages = SharedPages(serving + 1, names)
    pages.debug_level = program.settings.debug
    plan = Plan(
        program,
        local,
        sockets,
        location,
        pages,
        Bus(serving),
        counters,
        ConnectionCounts(len(sockets)),
        about,
        control,
        identity,
    )
    plan.attach_counters(plan.attendant_place)
    plan.pages.set_pid(plan.attendant_place, os.getpid())
    return plan

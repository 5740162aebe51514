"""All that a receiver gets from the attendant: what was made before the fork, in one place."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.modules.api import Counter
from ser_core.server.attendant import AttendantCounters
from ser_core.server.bus import Bus, BusCounters
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


DNS_COUNTERS = ("dns.queries", "dns.failures", "dns.refused")
"""Those of the resolver, which is made behind the fork."""


@dataclass(slots=True)
class Counters:
    """The counters of the core, one set per process."""

    driver: DriverCounters = field(default_factory=DriverCounters)
    transport: TransportCounters = field(default_factory=TransportCounters)
    bus: BusCounters = field(default_factory=BusCounters)
    attendant: AttendantCounters = field(default_factory=AttendantCounters)

    def all(self, program: Program) -> list[Counter]:
        """Those of the core and of all loaded modules, in the order of the shared page."""
        core = [*self.driver.all(), *self.transport.all, *self.bus.all(), *self.attendant.all()]
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
    identity: Identity = field(default_factory=Identity)
    """Whom a process becomes before it talks to the network."""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(SECRET_SIZE))
    """Keys the To-tags that all receivers must recognise."""

    @property
    def receivers(self) -> int:
        return len(self.sockets)

    def attach_counters(self, process: int) -> None:
        """Let this process count in its own row."""
        self.pages.attach(self.counters.all(self.program), process)


def make_plan(
    program: Program,
    local: LocalAddresses,
    sockets: Sequence[Sequence[BoundSocket]],
    location: Path,
    identity: Identity,
) -> Plan:
    """Make the pages and the bus: a row for each receiver and, behind them, the attendant."""
    counters = Counters()
    names = [*(x.name for x in counters.all(program)), *DNS_COUNTERS]
    pages = SharedPages(len(sockets) + 1, names)
    pages.debug_level = program.settings.debug
    plan = Plan(
        program,
        local,
        sockets,
        location,
        pages,
        Bus(len(sockets)),
        counters,
        ConnectionCounts(len(sockets)),
        identity,
    )
    plan.attach_counters(len(sockets))
    return plan

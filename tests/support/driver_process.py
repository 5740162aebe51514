"""A driver with everything around it faked: its script is Python functions, its network a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ser_core.modules.api import Module
from ser_core.registrar.location import MemoryLocation
from ser_core.script.runtime import ScriptMessage
from ser_core.script.settings import Settings
from ser_core.sip.hop import Hop, Listener, LocalAddresses
from ser_core.sip.stateless_tag import StatelessTag
from ser_core.sip.uri import Uri
from ser_core.transport.driver import Driver
from ser_core.transport.driver_counters import DriverCounters
from tests.support.ladder import Sent, Target

UDP = Listener("udp", "192.0.2.100", 5060)
TCP = Listener("tcp", "192.0.2.100", 5060, index=1)
CALLER = Hop("udp", "192.0.2.1", 5060, UDP)


@dataclass
class FakeProgram:
    """A program whose routes are Python functions."""

    main: Callable[[ScriptMessage], int] = lambda msg: 1
    modules: dict[str, Module] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    failure_routes: dict[str, Callable[[ScriptMessage], int]] = field(default_factory=dict)
    reply_routes: dict[str, Callable[[ScriptMessage], int]] = field(default_factory=dict)
    may_block: bool = False
    is_dismissed: bool = False

    def dismiss(self) -> None:
        self.is_dismissed = True
        self.modules.clear()


class FakeTransports:
    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.aliases: list[int] = []
        self.on_error: Callable[[Hop, OSError], None] | None = None
        self.connections = self

    def failed_lately(self, hop: Hop) -> bool:
        return False

    def send(self, data: bytes, hop: Hop, on_error: Any = None, fallback: Any = None) -> bool:
        self.sent.append(Sent(data, hop))
        if on_error is not None:
            self.on_error = on_error
        return True

    def add_alias(self, source: Hop, port: int) -> bool:
        self.aliases.append(port)
        return True


class FakeResolver:
    def resolve_now(self, uri: Uri, transport: Any = None) -> list[Target] | None:
        if uri.host[:1].isdigit():
            return [Target("udp", uri.host.decode(), uri.port or 5060)]
        return None

    def resolve(self, uri: Uri, found: Callable[[Any], object], transport: Any = None) -> None:
        found([Target("udp", "198.51.100.77", 5060)] if uri.host == b"known" else [])


class Process:
    """A driver with everything around it faked."""

    def __init__(self, program: FakeProgram, process_index: int = 1) -> None:
        self.program = program
        self.transports = FakeTransports()
        self.counters = DriverCounters()
        self.now = 1000.0
        self.driver = Driver(
            program,  # type: ignore[arg-type]
            LocalAddresses([UDP, TCP]),
            self.transports,  # type: ignore[arg-type]
            FakeResolver(),  # type: ignore[arg-type]
            MemoryLocation(),
            counters=self.counters,
            stateless_tag=StatelessTag(b"secret"),
            process_index=process_index,
            clock=lambda: self.now,
        )
        self.driver.start()

    def receive(self, data: bytes) -> list[str]:
        """What leaves when that arrives."""
        del self.transports.sent[:]
        self.driver.receive(data, CALLER)
        return [sent.line for sent in self.transports.sent]

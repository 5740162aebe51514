"""The scripts that one process runs: the newest for what comes in, earlier ones until their end.

A new one is made ready beside the running one (`prepare`), and takes its place at once (`switch`)
or is given up (`abandon`). An earlier script ends when nothing refers to it any more: no message in
hand, no response context, no name that is being looked up. They all hold the object that is their
`core`, so its end is seen without anybody counting; a message costs nothing for it.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ser_core import log
from ser_core.errors import SerError
from ser_core.modules.api import Counter, Module
from ser_core.transport.running_script import RunningScript

if TYPE_CHECKING:
    from ser_core.script.loader import Program
    from ser_core.transport.driver import Driver

MAX_EARLIER = 100
"""Scripts that still have transactions. Each costs some 100 KiB, and a transaction may ring for
minutes, so who reloads all the time is told to wait."""


FEW_TRANSACTIONS = 1000
"""With no more the collector is done within some 5 ms."""
UNCOLLECTED = 20
"""Scripts that may wait for it, some 60 KiB each: what SQLAlchemy makes is full of knots."""


class TooManyScripts(SerError):
    """So many earlier scripts are in use that another one would be too much."""


class Candidate:
    """A script that is ready to take effect."""

    __slots__ = ("own", "program", "started")

    def __init__(self, program: Program, own: RunningScript) -> None:
        self.program = program
        self.own = own
        """What its modules know as their core."""
        self.started: list[Module] = []


class Scripts:
    """Keeps them, for a `Driver`."""

    def __init__(
        self, driver: Driver, failures: Counter, later: Callable[[Callable[[], None]], object]
    ) -> None:
        """`later` has something called soon, but not in the midst of what is going on."""
        self._driver = driver
        self._failures = failures
        self._later = later
        self._newest: Candidate | None = None
        self._earlier: dict[weakref.ref[RunningScript], Candidate] = {}
        self._uncollected = 0

    def __len__(self) -> int:
        """How many earlier ones are still in use."""
        return len(self._earlier)

    @property
    def may_block(self) -> bool:
        """Whether what some earlier script does may wait."""
        return any(x.program.may_block for x in self._earlier.values())

    def prepare(self, program: Program) -> Candidate:
        """Start the modules of a script, each with what its predecessor has for it.

        Raises whatever a module raises, and TooManyScripts; then nothing has changed.
        """
        if len(self._earlier) >= MAX_EARLIER:
            raise TooManyScripts(
                f"transactions that began with them still use {len(self._earlier)} earlier "
                "versions of ser.cfg, the most there may be; reload again in some minutes"
            )
        candidate = Candidate(program, RunningScript(self._driver, program))
        try:
            for module in program.modules.values():
                candidate.started.append(module)
                self._start(module, candidate.own)
        except BaseException:
            self.abandon(candidate)
            raise
        return candidate

    def _start(self, module: Module, core: RunningScript) -> None:
        previous = self._running(module)
        if previous is not None:
            module.take_over(previous)
        module.start(core)

    def _running(self, module: Module) -> Module | None:
        """The instance of the same module that runs now."""
        if self._newest is None:
            return None
        found = self._newest.program.modules.get(module.name)
        return found if type(found) is type(module) else None

    def abandon(self, candidate: Candidate) -> None:
        """Stop the modules of a script that does not take effect."""
        for module in reversed(candidate.started):
            module.keeps_open = self._running(module) is not None
            self._guarded(module.stop, module)
        candidate.program.dismiss()

    def switch(self, candidate: Candidate) -> RunningScript:
        """Let it take effect; what messages are to know as their core from now on."""
        former, self._newest = self._newest, candidate
        script = RunningScript(self._driver, candidate.program)
        script.ask_modules()
        for module in candidate.program.modules.values():
            self._guarded(module.take_effect, module)
        if former is not None:
            self._earlier[weakref.ref(self._driver.script, self._on_unused)] = former
        return script

    def _on_unused(self, reference: weakref.ref[RunningScript]) -> None:
        """This comes in the midst of whatever let go of the script last."""
        self._later(partial(self._end, reference))

    def _end(self, reference: weakref.ref[RunningScript]) -> None:
        """Nobody needs that script any more."""
        candidate = self._earlier.pop(reference)
        self._stop(candidate)
        candidate.program.dismiss()
        del candidate
        self._collect()
        self._driver.on_script_end()
        log.debug("an earlier script has no transactions any more; %d have", len(self._earlier))

    def _collect(self) -> None:
        """Free what modules have tied to itself; the collector hardly ever comes by on its own."""
        self._uncollected += 1
        proxy = self._driver.transactions()
        transactions = 0 if proxy is None else len(proxy.table.servers)
        if transactions <= FEW_TRANSACTIONS or self._uncollected >= UNCOLLECTED:
            self._uncollected = 0
            gc.collect()

    def _stop(self, candidate: Candidate) -> None:
        for module in reversed(candidate.started):
            module.keeps_open = self._running(module) not in (None, module)
            self._guarded(module.stop, module)

    def _guarded(self, call: Callable[[], None], module: Module) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001  guard: one module's failure must not keep the others back
            self._failures.add()
            log.exception("module %s failed", module.name)

    def stop(self) -> None:
        """The process ends: stop the modules of all scripts, the newest last."""
        for candidate in self._earlier.values():
            self._stop(candidate)
        self._earlier.clear()
        if self._newest is not None:
            newest, self._newest = self._newest, None
            self._stop(newest)

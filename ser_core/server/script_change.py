"""A process's part in a reload: it makes the script ready that the attendant sends, and swaps.

Compiling takes longer than messages may wait, so it is done in a native thread. Measured with a
script of 2,400 lines, compiled in 350 to 600 ms, while a message came each 0.7 ms: in the hub
itself messages waited up to 480 ms; beside a thread 4 ms in the middle, 25 at most; with SWITCH
1 ms in the middle, and 19 to 31 at most. Of etc/ser.cfg none waited more than 3 ms.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import gevent
import gevent.threadpool  # by now: the user we become may not get at Python's library

from ser_core import log
from ser_core.modules.api import Counter
from ser_core.script.loader import Program
from ser_core.server.bus_messages import ForgetScript, Message, PrepareScript, SwitchScript
from ser_core.server.child import Side
from ser_core.server.garbage import Garbage
from ser_core.server.new_script import adopt, counters_of, take_effect
from ser_core.server.plan import Plan

SWITCH = 0.001
"""Seconds that the compiling thread may go on before the hub has its turn."""

Prepared = TypeVar("Prepared")


class Takes(Protocol[Prepared]):
    """What runs a script in this process."""

    def prepare(self, program: Program) -> Prepared:
        """Make it ready, beside the one that runs. Whatever it raises refuses the script."""

    def switch(self, prepared: Prepared) -> None:
        """Let it take effect."""

    def abandon(self, prepared: Prepared) -> None:
        """It does not take effect."""


@dataclass(frozen=True, slots=True)
class _Ready(Generic[Prepared]):
    """A script that only has to take effect."""

    program: Program
    prepared: Prepared
    aliases: list[tuple[str, str, int]]


class ScriptChange(Generic[Prepared]):
    """Takes what the attendant says about another script, and reports."""

    def __init__(self, plan: Plan, side: Side, takes: Takes[Prepared], failures: Counter) -> None:
        self._plan = plan
        self._side = side
        self._takes = takes
        self._failures = failures
        self._garbage = Garbage()
        self._number = 0
        self._ready: _Ready[Prepared] | None = None

    def handlers(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """For the bus; Any, as each takes its own kind."""
        return {
            PrepareScript: self._on_prepare,
            SwitchScript: self._on_switch,
            ForgetScript: self._on_forget,
        }

    # -- phase 1 ---------------------------------------------------------------------------------

    def _on_prepare(self, message: PrepareScript) -> None:
        if message.pid != os.getpid():
            return  # it was for a predecessor; we were forked with what came of it
        self._forget()
        self._number = message.number
        gevent.spawn(self._prepare, message)

    def _prepare(self, message: PrepareScript) -> None:
        try:
            program = in_thread(lambda: self._adopt(message))
            if message.number != self._number:  # forgotten meanwhile
                program.dismiss()
                return
            ready = self._made_ready(program, message)
        except Exception as error:  # noqa: BLE001  guard: whoever asked is told, and all goes on as it was
            self._failures.add()
            log.exception("the new ser.cfg can't be used")
            reason = f"{log.process_name()}: {error}"
            if isinstance(error, ImportError):  # as another user we may not get at all libraries
                reason += ", which a restart may load"
            self._side.tell_reload("refused", message.number, reason)
            return
        if message.number != self._number:  # a module waited for something, and so long
            self._takes.abandon(ready.prepared)
            return
        self._ready = ready
        self._side.tell_reload("prepared", message.number)

    def _adopt(self, message: PrepareScript) -> Program:
        with self._garbage.held():
            return adopt(self._plan, message.text, message.addresses)

    def _made_ready(self, program: Program, message: PrepareScript) -> _Ready[Prepared]:
        pages = self._plan.pages
        pages.add_counters(message.counters)
        pages.attach(counters_of(program), self._side.index)
        return _Ready(program, self._takes.prepare(program), message.aliases)

    def _on_forget(self, message: ForgetScript) -> None:
        if (message.pid, message.number) == (os.getpid(), self._number):
            self._forget()

    def _forget(self) -> None:
        self._number = 0
        ready, self._ready = self._ready, None
        if ready is not None:
            self._takes.abandon(ready.prepared)

    # -- phase 2 ---------------------------------------------------------------------------------

    def _on_switch(self, message: SwitchScript) -> None:
        ready = self._ready
        if ready is None or (message.pid, message.number) != (os.getpid(), self._number):
            return
        self._ready = None
        take_effect(self._plan, ready.program, ready.aliases, message.loaded_at)
        self._takes.switch(ready.prepared)
        self._side.tell_reload("switched", message.number)


Result = TypeVar("Result")


def in_thread(work: Callable[[], Result]) -> Result:
    """Do `work` in a native thread; the calling greenlet waits, and messages hardly do."""
    outcome: list[Result] = []
    errors: list[Exception] = []

    def guarded() -> None:
        try:
            outcome.append(work())
        except Exception as error:  # noqa: BLE001  carried to the caller; the pool would print it
            errors.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        gevent.get_hub().threadpool.apply(guarded)
    finally:
        sys.setswitchinterval(before)
    if errors:
        raise errors.pop()  # kept by a name here, it would keep itself, and the script, for ever
    return outcome[0]

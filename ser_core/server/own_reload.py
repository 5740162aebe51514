"""A reload in the one process that does everything (fork=no): read, made ready, swapped.

What several processes do in two phases (`reload`, `script_change`) is one run here. A SIGHUP that
comes meanwhile is kept for afterwards; a command is told to ask later.
"""

from __future__ import annotations

import time
from typing import Generic, TypeVar

import gevent

from ser_core import log
from ser_core.fifo.declarations import Pending
from ser_core.fifo.protocol import Reply
from ser_core.modules.api import Counter
from ser_core.script.diagnostics import ConfigErrors
from ser_core.server.child import Side
from ser_core.server.garbage import Garbage
from ser_core.server.new_script import (
    NeedsRestart,
    NewScript,
    aliases_with,
    counters_of,
    read_again,
    settle_pages,
    take_effect,
)
from ser_core.server.plan import Plan
from ser_core.server.reload import BUSY, failed, refusal, tell_log, told
from ser_core.server.script_change import Takes, in_thread

Prepared = TypeVar("Prepared")


class OwnReload(Generic[Prepared]):
    """Implements `fifo.reload_commands.Reloader`."""

    def __init__(self, plan: Plan, side: Side, takes: Takes[Prepared], failures: Counter) -> None:
        self._side = side
        self._plan = plan
        self._takes = takes
        self._failures = failures
        self._garbage = Garbage()
        self._is_busy = False
        self._again = False

    def hang_up(self) -> None:
        """A SIGHUP: whatever comes of it goes to the log."""
        if self._is_busy:
            self._again = True
        else:
            self.reload(only_check=False)

    def reload(self, *, only_check: bool) -> Pending:
        """The answer comes when the script has taken effect, or when nothing has changed."""
        pending = Pending()
        if self._is_busy:
            pending.answer(BUSY)
        else:
            self._is_busy = True
            gevent.spawn(self._run, pending, only_check)
        return pending

    def _run(self, pending: Pending, only_check: bool) -> None:
        try:
            reply = self._reply(only_check=only_check)
        except ConfigErrors as errors:
            reply = refusal(errors, only_check=only_check)
        except NeedsRestart as error:
            reply = failed(f"{error}; restart ser")
        except Exception as error:  # noqa: BLE001  guard: whoever asked is told, and all goes on as it was
            self._failures.add()
            log.exception("the new ser.cfg can't be used")
            reply = failed(str(error))
        self._is_busy = False
        pending.answer(reply)
        if self._again:
            self._again = False
            self.hang_up()

    def _reply(self, *, only_check: bool) -> Reply:
        script = in_thread(self._read)
        if only_check:
            script.program.dismiss()
            return Reply(200, told(script), script.table())
        self._side.reloading()
        try:
            generation = self._switch_to(script)
        finally:
            self._side.reloaded()
        return Reply(200, told(script, generation), script.table())

    def _read(self) -> NewScript:
        with self._garbage.held():
            return read_again(self._plan, self._plan.resolve)

    def _switch_to(self, script: NewScript) -> int:
        """The script's generation. Raises whatever keeps it from running."""
        plan = self._plan
        counters = counters_of(script.program)
        plan.pages.add_counters(x.name for x in counters)
        plan.pages.attach(counters, 0)
        prepared = self._takes.prepare(script.program)
        generation = settle_pages(plan, script)
        take_effect(plan, script.program, aliases_with(plan, script.program), time.time())
        self._takes.switch(prepared)
        tell_log(script, generation)
        return generation

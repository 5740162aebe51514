"""What a reload does in the attendant's own process; the `Host` of `reload`."""

from __future__ import annotations

from collections.abc import Callable

from ser_core import log
from ser_core.fifo.protocol import Reply
from ser_core.server.aside import Aside
from ser_core.server.bus_messages import ReloadReply
from ser_core.server.garbage import Garbage
from ser_core.server.new_script import (
    NewScript,
    aliases_with,
    counters_of,
    read_again,
    settle_pages,
    take_effect,
)
from ser_core.server.plan import Plan
from ser_core.server.postbox import Postbox

CLOSE_SECONDS = 5.0
"""How long the end waits for a reload that has just begun."""


class AttendantHost:
    """The attendant of a running ser, as a reload sees it."""

    def __init__(
        self,
        plan: Plan,
        *,
        on_begin: Callable[[], None] = lambda: None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_begin` and `on_end` are called around each change of the processes."""
        self._plan = plan
        self._on_begin = on_begin
        self._on_end = on_end
        self._postbox = Postbox(plan.bus, plan.attendant_place)
        self.send = self._postbox.send
        self.flush = self._postbox.flush
        self._reading: Aside[NewScript] | None = None
        self._garbage = Garbage()

    def start_reading(self) -> None:
        """In a thread: a script of 5,000 lines takes two seconds, and names may wait for a DNS."""
        self._garbage.hold()
        self._reading = Aside(lambda: read_again(self._plan, self._plan.resolve))

    def read(self) -> NewScript | None:
        reading = self._reading
        assert reading is not None
        if not reading.has_ended():
            return None
        self._reading = None
        self._garbage.settle()
        return reading.result()

    def close(self) -> None:
        """Wait for a thread that reads: the process is about to fork once more."""
        if self._reading is not None and not self._reading.has_ended(CLOSE_SECONDS):
            log.warning("ser.cfg is still being read, perhaps a name in it is looked up")

    def room_for(self, script: NewScript) -> list[str]:
        pages = self._plan.pages
        pages.add_counters(x.name for x in counters_of(script.program))
        return list(pages.counter_names)  # all: an earlier attempt may not have reached everyone

    def aliases_with(self, script: NewScript) -> list[tuple[str, str, int]]:
        return aliases_with(self._plan, script.program)

    def take_effect(self, script: NewScript, loaded_at: float) -> int:
        """Also: what all processes share changes now, in the pages."""
        generation = settle_pages(self._plan, script)
        aliases = self.aliases_with(script)
        former = self._plan.program
        take_effect(self._plan, script.program, aliases, loaded_at)
        former.dismiss()  # the collector would not: it was frozen at its time
        self._garbage.settle()
        return generation

    def count_failure(self) -> None:
        self._plan.counters.attendant.failures.add()

    def begun(self) -> None:
        self._on_begin()

    def ended(self) -> None:
        self._on_end()

    def reply_to(self, number: int, reply: Reply) -> None:
        """Answer the fifo server, which asked with that number."""
        answer = ReloadReply(number, reply.code, reply.text, reply.body)
        self._postbox.send(self._plan.fifo_place, answer)
        self._postbox.flush()

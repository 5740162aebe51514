"""A reload, as the attendant runs it: two phases, so that all processes change or none does.

The attendant reads ser.cfg and checks it; whoever asked gets its mistakes. Then every process makes
the script ready beside the one that runs (phase 1). When all have, it takes effect in each between
two messages (phase 2), and in the attendant, so that a process forked later has it as well.

It reads in a thread, and does its work meanwhile; but nothing is forked beside a thread, nor while
phase 1 lasts: a process that dies is simply not waited for, and its successor has whichever script
came out of it. If a process refuses, or is too slow, all forget the new script, and nothing has
changed. In phase 2 nothing can be refused any more.

There is one reload at a time. A SIGHUP meanwhile is kept for afterwards, since the file may have
changed again; a command is told to ask later.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ser_core import log
from ser_core.fifo.protocol import Reply
from ser_core.script.diagnostics import ConfigErrors, render_errors
from ser_core.server.bus_messages import (
    AnyMessage,
    ForgetScript,
    PrepareScript,
    SwitchScript,
)
from ser_core.server.new_script import NeedsRestart, NewScript

PATIENCE = 15.0
"""Seconds that the processes have to make a script ready, and to say that they run it. One that
hangs is killed before."""
TIMES_AS_LONG = 6
"""As reading it took here, if that is more: they have messages to look after."""
RETRY_INTERVAL = 0.02
"""Seconds between two tries to write to a bus that is full."""

BUSY = Reply(409, "another reload is under way, try again in a moment")

Answer = Callable[[Reply], None]
"""Gives the reply to whoever asked."""


class Host(Protocol):
    """What a reload needs of the attendant's process."""

    def start_reading(self) -> None:
        """Begin to read and check ser.cfg."""

    def read(self) -> NewScript | None:
        """What has come of that; None: it isn't done. Raises ConfigErrors and NeedsRestart."""

    def close(self) -> None:
        """Leave nothing behind that is still being read."""

    def room_for(self, script: NewScript) -> list[str]:
        """Give cells to its counters; the names of all that have one, in the order of the cells.

        ValueError: there is no room.
        """

    def aliases_with(self, script: NewScript) -> list[tuple[str, str, int]]:
        """The names that are ours with that script."""

    def send(self, process: int, message: AnyMessage) -> None:
        """Write to a process, as soon as its end of the bus takes it."""

    def flush(self) -> bool:
        """Try again to write what waits; True when some of it still does."""

    def take_effect(self, script: NewScript, loaded_at: float) -> int:
        """Use the script in this process from now on; its generation."""

    def count_failure(self) -> None:
        """An exception was stopped."""

    def reply_to(self, number: int, reply: Reply) -> None:
        """Answer the wish with that number."""

    def begun(self) -> None:
        """The processes are about to change."""

    def ended(self) -> None:
        """They have, or have not; all is at rest again."""


class Phase(enum.Enum):
    """How far a reload has come."""

    IDLE = enum.auto()
    """Or somebody's text is being read, of which nobody knows yet whether it will do."""
    PREPARING = enum.auto()
    SWITCHING = enum.auto()


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text that is being read."""

    answer: Answer
    only_check: bool
    began_at: float


@dataclass(slots=True)
class _Attempt:
    """One reload that is under way."""

    script: NewScript
    answer: Answer
    patience: float
    deadline: float
    waiting_for: dict[int, int]
    """The processes that have not yet said what is awaited of them, with their pids."""
    everyone: dict[int, int]
    generation: int = 0


class Reload:
    """Runs reloads, one at a time. It is told what happens, and never waits."""

    def __init__(
        self, host: Host, pids: Callable[[], Mapping[int, int]], clock: Callable[[], float]
    ) -> None:
        """`pids`: the processes that run, by their places."""
        self._host = host
        self._pids = pids
        self._clock = clock
        self._number = 0
        self._reading: _Reading | None = None
        self._attempt: _Attempt | None = None
        self._has_unsent = False
        self._again = False
        self.phase = Phase.IDLE

    @property
    def holds_forks(self) -> bool:
        """True while a process that was forked could end up with another script than the rest, or
        with locks of a thread."""
        return self.phase is Phase.PREPARING or self._reading is not None

    def due(self) -> float:
        """When `step` has something to do even if nothing happens."""
        is_reading = self._reading is not None
        if is_reading or self._has_unsent or (self._again and self._attempt is None):
            return self._clock() + RETRY_INTERVAL
        return self._attempt.deadline if self._attempt is not None else float("inf")

    # -- who asks --------------------------------------------------------------------------------

    def hang_up(self) -> None:
        """A SIGHUP: whatever comes of it goes to the log."""
        if self._attempt is not None or self._reading is not None:
            self._again = True
            return
        self.ask(lambda reply: None)

    def ask(self, answer: Answer, *, only_check: bool = False) -> None:
        """Begin a reload, or only tell what one would do."""
        if self._reading is not None or (self._attempt is not None and not only_check):
            answer(BUSY)
            return
        self._reading = _Reading(answer, only_check, self._clock())
        self._host.start_reading()
        self._look()

    def _look(self) -> None:
        """See whether the text has been read, and go on with it."""
        reading = self._reading
        assert reading is not None
        found = self._read(only_check=reading.only_check)
        if found is None:
            return
        self._reading = None
        if isinstance(found, Reply):
            reading.answer(found)
        else:
            self._prepare(*found, reading)
        if self._attempt is not None:
            self._go_on()

    def _read(self, *, only_check: bool) -> Reply | tuple[NewScript, list[str]] | None:
        """A script with the names of all counters, or what is to be answered without one."""
        try:
            script = self._host.read()
            if script is None:
                return None
            if not only_check:
                return script, self._host.room_for(script)
            script.program.dismiss()
            return Reply(200, told(script), script.table())
        except ConfigErrors as errors:
            return refusal(errors, only_check=only_check)
        except (ValueError, NeedsRestart) as error:
            return failed(f"{error}; restart ser")
        except Exception as error:  # noqa: BLE001  guard: whoever asked is told, and all goes on as it was
            self._host.count_failure()
            log.exception("ser.cfg could not be read again")
            return failed(f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """The program ends."""
        self._host.close()

    def on_report(self, word: str, process: int, number: int, rest: str) -> None:
        """What a process says: a wish of somebody's, or how far it is."""
        if word == "reload":
            self.ask(
                lambda reply: self._host.reply_to(number, reply), only_check=rest.strip() == "check"
            )
        elif word == "prepared":
            self.on_prepared(process, number)
        elif word == "refused":
            self.on_refused(process, number, rest)
        else:
            self.on_switched(process, number)

    # -- phase 1 ---------------------------------------------------------------------------------

    def _prepare(self, script: NewScript, counters: list[str], reading: _Reading) -> None:
        self._number += 1
        everyone = dict(self._pids())
        now = self._clock()
        patience = max(PATIENCE, TIMES_AS_LONG * (now - reading.began_at))
        self._attempt = _Attempt(
            script, reading.answer, patience, now + patience, dict(everyone), everyone
        )
        self.phase = Phase.PREPARING
        self._host.begun()
        aliases = self._host.aliases_with(script)
        for process, pid in everyone.items():
            message = PrepareScript(
                self._number, pid, script.text, script.addresses, counters, aliases
            )
            self._host.send(process, message)
        self._has_unsent = self._host.flush()

    def on_prepared(self, process: int, number: int) -> None:
        """A process has made the script ready."""
        if self.phase is Phase.PREPARING:
            self._has_done_it(process, number)

    def on_refused(self, process: int, number: int, reason: str) -> None:
        """A process can't run it."""
        if self.phase is Phase.PREPARING and number == self._number:
            self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        attempt = self._attempt
        assert attempt is not None
        for process, pid in attempt.everyone.items():
            self._host.send(process, ForgetScript(self._number, pid))
        self._has_unsent = self._host.flush()
        attempt.script.program.dismiss()
        self._end(failed(reason))

    # -- phase 2 ---------------------------------------------------------------------------------

    def _switch(self) -> None:
        attempt = self._attempt
        assert attempt is not None
        self.phase = Phase.SWITCHING
        loaded_at = time.time()
        attempt.generation = self._host.take_effect(attempt.script, loaded_at)
        tell_log(attempt.script, attempt.generation)
        attempt.waiting_for = dict(attempt.everyone)
        attempt.deadline = self._clock() + attempt.patience
        for process, pid in attempt.everyone.items():
            self._host.send(process, SwitchScript(self._number, pid, loaded_at))
        self._has_unsent = self._host.flush()

    def on_switched(self, process: int, number: int) -> None:
        """A process runs the new script."""
        if self.phase is Phase.SWITCHING:
            self._has_done_it(process, number)

    # -- both ------------------------------------------------------------------------------------

    def on_death(self, process: int) -> None:
        """A process has died: nothing is awaited of it any more."""
        if self._attempt is not None:
            self._attempt.everyone.pop(process, None)
            self._attempt.waiting_for.pop(process, None)
            self._go_on()

    def _has_done_it(self, process: int, number: int) -> None:
        if self._attempt is not None and number == self._number:
            self._attempt.waiting_for.pop(process, None)
            self._go_on()

    def _go_on(self) -> None:
        attempt = self._attempt
        assert attempt is not None
        if self.phase is Phase.PREPARING and not attempt.waiting_for and self._reading is None:
            self._switch()  # what is being read is compared with the script that runs
        if self.phase is Phase.SWITCHING and not attempt.waiting_for:
            text = told(attempt.script, attempt.generation)
            self._end(Reply(200, text, attempt.script.table()))

    def step(self) -> None:
        """Send what could not be sent before; see whether somebody is too slow."""
        self._has_unsent = self._host.flush()
        if self._reading is not None:
            self._look()
        attempt = self._attempt
        if attempt is None:
            if self._again and self._reading is None:
                self._again = False
                self.hang_up()
        elif attempt.waiting_for and self._clock() >= attempt.deadline:
            slow = ", ".join(str(pid) for pid in attempt.waiting_for.values())
            if self.phase is Phase.PREPARING:
                self._give_up(f"not ready within {attempt.patience:.0f} s: process {slow}")
            else:
                self._end(_unsure(slow))

    def _end(self, reply: Reply) -> None:
        attempt, self._attempt = self._attempt, None
        self.phase = Phase.IDLE
        self._host.ended()
        assert attempt is not None
        attempt.answer(reply)


def told(script: NewScript, generation: int | None = None) -> str:
    """The text of a reply that says what has changed or, without `generation`, would."""
    which = "" if generation is None else f" generation={generation}"
    return f"ok{which} changes={len(script.differences)} restart={len(script.for_a_restart)}"


def tell_log(script: NewScript, generation: int) -> None:
    """Say that it takes effect, and what of it does not."""
    log.notice("another ser.cfg takes effect, generation %d", generation)
    for each in script.for_a_restart:
        log.warning("takes effect at a restart only: %s", each)


def refusal(errors: ConfigErrors, *, only_check: bool = False) -> Reply:
    """What somebody gets who wants a text that has mistakes; it goes to the log, too."""
    text = render_errors(errors)
    number = len(errors.diagnostics)
    what = f"{number} error{'s' if number != 1 else ''} in ser.cfg"
    if not only_check:
        log.error("reload: %s, nothing has changed", what)
        for line in text.splitlines():
            log.error("  %s", line)
    return Reply(
        400, f"{what}, nothing has changed", f"{text}\n".encode("utf-8", "backslashreplace")
    )


def _unsure(processes: str) -> Reply:
    """What somebody gets when a process doesn't say that it has swapped."""
    text = f"ser.cfg takes effect, but process {processes} hasn't said so"
    log.error("reload: %s", text)
    return Reply(500, text)


def failed(reason: str) -> Reply:
    """What somebody gets whose script is good, but can't be run."""
    log.error("reload: %s; nothing has changed", reason)
    return Reply(500, f"{reason}; nothing has changed")

"""Reading ser.cfg once more while ser runs: what would change, and a program that can run now.

Whoever runs a reload reads and checks the file (`read_again`); the other processes get its text and
come to the same program (`adopt`). Nothing takes effect here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core import log
from ser_core.errors import SerError
from ser_core.fifo.tables import table_body
from ser_core.modules.api import Counter
from ser_core.script.diagnostics import ConfigErrors, Diagnostic, Span
from ser_core.script.differences import Difference, Kind, differences, keep_fixed
from ser_core.script.loader import Program, load_program
from ser_core.server.addresses import Alias, aliases_for

if TYPE_CHECKING:
    from ser_core.script.operands import Resolve
    from ser_core.server.plan import Plan

MAX_TEXT = 4 << 20
"""Bytes of a text that can be reloaded; it would take its time, too."""
COLUMNS = ("kind", "name", "before", "after", "takes_effect")
NOW = "now"
AT_RESTART = "at a restart"


class NeedsRestart(SerError):
    """The text is good, but nothing of it can take effect while ser runs."""


@dataclass(frozen=True, slots=True)
class NewScript:
    """A ser.cfg without mistakes, and what it would change."""

    program: Program
    """As it can run now: what can't change is as it was."""
    text: bytes
    addresses: dict[str, list[str]]
    """Of the host names in its conditions."""
    differences: list[Difference]

    @property
    def for_a_restart(self) -> list[Difference]:
        """What takes effect when ser is started the next time."""
        return [each for each in self.differences if each.needs_restart]

    def table(self) -> bytes:
        """All differences, and the warnings about the text, as a table."""
        rows = [
            (x.kind.value, x.name, x.before, x.after, AT_RESTART if x.needs_restart else NOW)
            for x in self.differences
        ]
        rows += [("warning", x.span.place, "", x.text, "") for x in self.program.warnings]
        return table_body(COLUMNS, rows)


def read_again(plan: Plan, resolve: Resolve) -> NewScript:
    """Read ser's ser.cfg as it is now. Raises ConfigErrors and NeedsRestart.

    The text itself must be good, and so must what of it can run now.
    """
    running = plan.program
    text = _read(running)
    addresses: dict[str, list[str]] = {}

    def noted(name: str) -> list[str]:
        if name not in addresses:
            addresses[name] = list(resolve(name))
        return addresses[name]

    decoded = text.decode("utf-8", "surrogateescape")
    program = load_program(running.file, text=decoded, resolve=noted)
    program.path = running.path  # found before the working directory changed
    plan.overrides(program.settings)
    found = differences(running, program)
    if any(x.needs_restart and x.kind is Kind.PARAMETER for x in found):
        program = adopt(plan, text, addresses)
    else:
        keep_fixed(program.settings, running.settings)
    if mistakes := program.unknown_sockets(plan.local):
        raise ConfigErrors(mistakes)
    _check_errands(running, program)
    return NewScript(program, text, addresses, found)


def _check_errands(running: Program, wanted: Program) -> None:
    """What is done for a module when ser starts and stops can't be made up for in between."""
    for one, other in ((wanted, running), (running, wanted)):
        for name, module in one.modules.items():
            if module.has_errands() and name not in other.modules:
                change = "loaded" if one is wanted else "left out"
                raise NeedsRestart(f'module "{name}" can be {change} by a restart only')


def _read(program: Program) -> bytes:
    reason = f"the file has more than {MAX_TEXT} bytes, which only a restart can use"
    try:
        text = Path(program.path).read_bytes()
        if len(text) <= MAX_TEXT:
            return text
    except OSError as error:
        reason = f"the file can't be read: {error.strerror or error}"
    raise ConfigErrors([Diagnostic(Span(program.file, 1, 1, 1, 1), reason)])


def adopt(plan: Plan, text: bytes, addresses: dict[str, list[str]]) -> Program:
    """The program of a text that was found good, as it can run in place of the one that runs."""
    running = plan.program
    program = load_program(
        running.file,
        text=text.decode("utf-8", "surrogateescape"),
        resolve=lambda name: addresses.get(name, []),
        running=running.modules,
    )
    program.path = running.path
    plan.overrides(program.settings)
    keep_fixed(program.settings, running.settings)
    return program


def aliases_with(plan: Plan, program: Program) -> list[Alias]:
    """The names that are ours with `program`; those found by DNS at the start stay."""
    wanted = aliases_for(program.settings.alias)
    of_before = aliases_for(plan.program.settings.alias)
    return [*wanted, *(x for x in plan.local.aliases if x not in (*of_before, *wanted))]


def counters_of(program: Program) -> list[Counter]:
    """Those of the modules."""
    return [x for module in program.modules.values() for x in module.counters]


def take_effect(plan: Plan, program: Program, aliases: Iterable[Alias], loaded_at: float) -> None:
    """What every process does when another script takes effect, whatever else it does."""
    facility = program.settings.log_facility
    if facility != plan.program.settings.log_facility and not program.settings.log_stderror:
        log.use_sink(log.SyslogSink(facility))
    plan.program = program
    plan.loaded_at = loaded_at
    plan.local.use_aliases(list(aliases))


def settle_pages(plan: Plan, script: NewScript) -> int:
    """Note in the shared pages that `script` takes effect; its generation.

    A debug level that was set by hand stays, unless the file has another one than before.
    """
    pages = plan.pages
    if script.program.settings.debug != plan.program.settings.debug:
        pages.debug_level = script.program.settings.debug
        pages.revert = (0, 0)
    pages.script_generation += 1
    return pages.script_generation

"""The reference of all FIFO commands, in docs/fifo.md."""

from __future__ import annotations

from collections.abc import Iterable

from docs.fifo_lists import described
from docs.markdown import table
from docs.module_lists import module_class
from ser_core.fifo.commands import CoreCommands
from ser_core.fifo.declarations import FifoCommand, fifo_commands_of
from ser_core.fifo.log_commands import LogCommands
from ser_core.fifo.reload_commands import ReloadCommands
from ser_core.modules.registry import built_in

CORE = (CoreCommands, ReloadCommands, LogCommands)


def commands_of_all() -> str:
    """The commands of the core and of each module that comes with ser, with a list in front."""
    owners = [("the core", list(core_commands()))]
    owners += [(f"module {x}", fifo_commands_of(module_class(x))) for x in built_in()]
    parts = [(owner, commands) for owner, commands in owners if commands]
    overview = table(["commands of", ""], ([owner, _links(commands)] for owner, commands in parts))
    sections = (f"## Commands of {owner}\n\n{described(commands)}" for owner, commands in parts)
    return "\n".join([overview, *sections])


def core_commands() -> Iterable[FifoCommand]:
    """Those that need no module, in the order of their registration."""
    return (command for owner in CORE for command in fifo_commands_of(owner))


def _links(commands: Iterable[FifoCommand]) -> str:
    return " ".join(f"[{x.name}](#{x.name})" for x in commands)

"""The FIFO commands of one process: the core's and those of the loaded modules, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ser_core import log
from ser_core.fifo.declarations import Argument, FifoCommand, Result, fifo_commands_of


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, and what runs it."""

    command: FifoCommand
    function: Callable[..., Result]
    """Called with the `Control` of the process and the arguments."""
    is_slow: bool = False
    """It gets a greenlet."""


class CommandTable:
    """Finds commands by name, without regard to case, as SER does."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def register(self, owner: object) -> None:
        """Add all commands of a module, or of a set of core commands. The last of a name stays."""
        for command in fifo_commands_of(type(owner)):
            key = command.name.lower()
            if self._entries.pop(key, None) is not None:
                log.error("the FIFO command %s is there twice: the first is left out", key)
            function = getattr(owner, command.method or command.name)
            # Only modules have commands that wait, so their owner can tell.
            waits = command.waits and owner.waits()  # type: ignore[attr-defined]
            self._entries[key] = Entry(command, function, command.slow or waits)

    def use(self, owners: Iterable[object]) -> None:
        """Have the commands of these, and no others."""
        self._entries = {}
        for owner in owners:
            self.register(owner)

    def __iter__(self) -> Iterator[FifoCommand]:
        """In the order they were registered."""
        return (entry.command for entry in self._entries.values())

    def find(self, name: str) -> Entry | None:
        """The command of that name; None when there is none."""
        return self._entries.get(name.lower())

    def arguments_of(self, name: str) -> tuple[Argument, ...] | None:
        """What the reader of requests must know to find a request's end."""
        entry = self.find(name)
        return entry.command.arguments if entry is not None else None

"""Runs FIFO commands: here, or in the receivers that a command is for.

No I/O and no event loop: greenlets, and the way to the receivers, come in as seams.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from ser_core import log
from ser_core.fifo.command_table import CommandTable, Entry
from ser_core.fifo.declarations import Argument, FifoCommand, Pending, Result, Where
from ser_core.fifo.protocol import FifoError, Reply

if TYPE_CHECKING:
    from ser_core.fifo.declarations import Control
    from ser_core.fifo.requests import Request
    from ser_core.modules.api import Counter

LOG_READER = "log_tail"
Arguments = Sequence[bytes | list[bytes]]
Take = Callable[[Reply], None]
Spawn = Callable[[Callable[[], None]], bool]
"""Runs something in a greenlet of its own; False when too many do already."""


class Receivers(Protocol):
    """The receivers, as whoever sends them commands sees them."""

    def everyone(self) -> Sequence[int]:
        """The numbers of all receivers."""

    def owner_of(self, call_id: bytes) -> int:
        """The receiver that a Call-ID belongs to; for b"" any that runs."""

    def ask(self, receiver: int, command: FifoCommand, arguments: Arguments, take: Take) -> None:
        """Have it run a command; `take` gets the reply, an error once it can't come any more."""


class Runner:
    """Runs commands in this process. An exception stops here."""

    def __init__(
        self, table: CommandTable, control: Control, failures: Counter, spawn: Spawn
    ) -> None:
        self.table = table
        self._control = control
        self._failures = failures
        self._spawn = spawn

    def run(self, entry: Entry, arguments: Arguments) -> Result:
        """Run a command; a slow one answers later, from a greenlet."""
        if not entry.is_slow:
            return self._run_now(entry, arguments)
        pending = Pending()
        if not self._spawn(lambda: tell(self._run_now(entry, arguments), pending.answer)):
            return Reply(500, f"{entry.command.name}: too many slow commands wait")
        return pending

    def _run_now(self, entry: Entry, arguments: Arguments) -> Result:
        return self.guarded(entry.command, lambda: entry.function(self._control, *arguments))

    def guarded(self, command: FifoCommand, call: Callable[[], Result]) -> Result:
        """What `call` answers; an error reply when it raises."""
        try:
            return call()
        except FifoError as error:
            return error.reply()
        except Exception:  # noqa: BLE001  # the guard of one command: the next one must be served
            self._failures.add()
            log.exception("the FIFO command %s failed", command.name)
            return Reply(500, f"{command.name} failed, the log says why")


class Dispatcher:
    """What the FIFO's server asks for each request."""

    def __init__(self, runner: Runner, receivers: Receivers) -> None:
        self._runner = runner
        self._table = runner.table
        self._receivers = receivers

    def arguments_of(self, name: str) -> tuple[Argument, ...] | None:
        """The arguments of a command; None when there is no such command."""
        return self._table.arguments_of(name)

    def execute(self, request: Request) -> Result:
        """Run a request where it belongs; never raises."""
        entry = self._table.find(request.command)
        if entry is None:
            log.debug("command %s: there is none", request.command)
            return Reply(500, f"command '{log.escape(request.command)}' not available")
        command, arguments = entry.command, request.arguments
        _log(command, arguments)
        if command.where is Where.OWNER:
            return self._runner.guarded(command, lambda: self._ask_owner(command, arguments))
        if command.where is Where.ALL:
            return self._runner.guarded(command, lambda: self._ask_all(command, arguments))
        return self._runner.run(entry, arguments)

    def _ask_owner(self, command: FifoCommand, arguments: Arguments) -> Pending:
        call_id = command.owner(*arguments) if command.owner is not None else b""
        pending = Pending()
        receiver = self._receivers.owner_of(call_id)
        self._receivers.ask(receiver, command, arguments, pending.answer)
        return pending

    def _ask_all(self, command: FifoCommand, arguments: Arguments) -> Pending:
        pending = Pending()
        everyone = self._receivers.everyone()
        replies: dict[int, Reply] = {}

        def take_from(receiver: int) -> Take:
            def take(reply: Reply) -> None:
                replies[receiver] = reply
                if command.settles is not None and command.settles(reply):
                    pending.answer(reply)
                elif len(replies) == len(everyone):
                    tell(self._merged(command, [replies[x] for x in everyone]), pending.answer)

            return take

        for receiver in everyone:
            self._receivers.ask(receiver, command, arguments, take_from(receiver))
        return pending

    def _merged(self, command: FifoCommand, replies: Sequence[Reply]) -> Result:
        """One reply of those of all receivers: the first that is no success, if there is one."""
        merge = command.merge
        refused = next((reply for reply in replies if not reply.is_ok), None)
        if refused is not None or merge is None:
            return refused or replies[0]
        return self._runner.guarded(command, lambda: merge(replies))


class OwnReceiver:
    """The `Receivers` of a process that does everything (fork=no): itself."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def everyone(self) -> Sequence[int]:
        return (0,)

    def owner_of(self, call_id: bytes) -> int:
        return 0

    def ask(self, receiver: int, command: FifoCommand, arguments: Arguments, take: Take) -> None:
        entry = self._runner.table.find(command.name)
        assert entry is not None  # the dispatcher found it in the same table
        tell(self._runner.run(entry, arguments), take)


def _log(command: FifoCommand, arguments: Arguments) -> None:
    """What changes something is worth a line beside the messages. What only looks isn't: a
    dashboard asks several times a second, and the log would be full of it.

    A command that takes arguments changes nothing without them (`debug`). Whoever follows the log
    would read of nothing but his own reading.
    """
    changes = command.changes and (any(arguments) or not command.arguments)
    if command.name != LOG_READER:
        log.write(log.DEBUG if changes else log.STEPS, "command %s", command.name)


def tell(result: Result, take: Take) -> None:
    """Give `take` the reply, now or when it is there."""
    if isinstance(result, Pending):
        result.when_answered(take)
    else:
        take(result)

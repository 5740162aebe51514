"""The command that has ser.cfg read again while ser runs."""

from __future__ import annotations

from typing import Protocol

from ser_core.fifo.declarations import Control, Pending, fifo_command, line
from ser_core.fifo.protocol import FifoError

CHECK = b"check"


class Reloader(Protocol):
    """Has a reload done, or only tried."""

    def reload(self, *, only_check: bool) -> Pending:
        """The answer comes when all processes run the new script, or when none does."""


class ReloadCommands:
    """Of the core, since it concerns all modules."""

    def __init__(self, reloader: Reloader) -> None:
        self._reloader = reloader

    @fifo_command(
        line("what", "check: only tell what would change; empty: reload"),
        changes=True,
        example=("check",),
        reply="200 ok changes=0 restart=0\nkind\tname\tbefore\tafter\ttakes_effect\n...",
    )
    def reload(self, control: Control, what: bytes) -> Pending:
        """Read ser.cfg again and let it take effect, without a restart.

        The file is read that ser was started with. When it has mistakes the reply is a 400 with all
        of them, as `ser -c` shows them, and nothing has changed. Else messages come through the new
        script from now on; transactions under way end on theirs.

        The body is a table of what is otherwise than before: `kind` (directive, module, modparam,
        route, or a warning about the text), `name`, `before`, `after`, and `takes_effect`: `now`,
        or `at a restart` for what can't change while ser runs. 409: another reload is under way;
        500: some process can't run it, nothing has changed.
        """
        if what not in (b"", CHECK):
            raise FifoError(400, "reload: nothing, or check expected")
        return self._reloader.reload(only_check=what == CHECK)

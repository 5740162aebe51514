"""The fifo server's side of a reload that somebody wishes: the attendant does it, and answers.

It gets one wish at a time, since each has it read and check a file while it does nothing else.
"""

from __future__ import annotations

import os
from itertools import count

from ser_core.fifo.declarations import Pending
from ser_core.fifo.protocol import Reply
from ser_core.server.bus_messages import ReloadReply
from ser_core.server.child import Side
from ser_core.server.reload import BUSY


class ReloadWishes:
    """Implements `fifo.reload_commands.Reloader`."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._numbers = count(os.getpid() << 32)  # replies to a predecessor must match nothing
        self._open: dict[int, Pending] = {}

    def reload(self, *, only_check: bool) -> Pending:
        """Ask the attendant."""
        pending = Pending()
        number = next(self._numbers)
        if self._open:
            pending.answer(BUSY)
        elif self._side.tell_reload("reload", number, "check" if only_check else "run"):
            self._open[number] = pending
        else:
            pending.answer(Reply(500, "the attendant hears nothing now, nothing has changed"))
        return pending

    def on_reply(self, message: ReloadReply) -> None:
        """The attendant has answered."""
        pending = self._open.pop(message.id, None)
        if pending is not None:
            pending.answer(Reply(message.code, message.text, message.body))

"""print: a line to standard output; SER's example of a module."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

from ser_core.modules.api import REQUEST, Core, Module, command, counter, param

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

STDOUT = 1


class Print(Module):
    """Writes lines to standard output."""

    name = "print"
    export_names = ("print_stdout",)

    str_param: str = param("", "a string; it does nothing")
    int_param: int = param(0, "a number; it does nothing")

    lost = counter("lines that nobody took")

    def __init__(self) -> None:
        super().__init__()
        self._descriptor = STDOUT
        self._poll = select.poll()

    def start(self, core: Core) -> None:
        """Look at standard output."""
        self._poll.register(self._descriptor, select.POLLOUT)

    @command(routes=REQUEST)
    def print(self, msg: ScriptMessage, text: bytes) -> bool:
        """Write a line; false when nobody takes it at once."""
        # A pipe that nobody empties must not hold up calls.
        if not self._poll.poll(0):
            self.lost.add()
            return False
        try:
            os.write(self._descriptor, text + b"\n")
        except OSError:  # closed, its reader gone
            self.lost.add()
            return False
        return True

"""Log lines that say what stands in the message in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core import log
from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, Module, command, param
from ser_core.modules.xlog.template import Template

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

ANYWHERE = REQUEST | FAILURE | ONREPLY

LEVELS = {
    "L_ALERT": log.ALERT,
    "L_CRIT": log.CRITICAL,
    "L_ERR": log.ERROR,
    "L_WARN": log.WARNING,
    "L_NOTICE": log.NOTICE,
    "L_INFO": log.INFO,
    "L_DBG": log.DEBUG,
}
"""SER's names of the levels."""


class Level(int):
    """A level of the log by its name in SER."""

    @classmethod
    def from_script(cls, text: str) -> Level:
        """Raises ValueError when there is no such level."""
        level = LEVELS.get(text.upper())
        if level is None:
            raise ValueError(f'"{text}" is not a level; there are {", ".join(LEVELS)}')
        return cls(level)


class Xlog(Module):
    """Writes log lines with parts of the message in them."""

    name = "xlog"

    buf_size: int = param(4096, "bytes of a line; what is longer is cut", minimum=1, maximum=65536)

    def __init__(self) -> None:
        super().__init__()
        self._number = 0

    def next_number(self) -> int:
        """Counts the messages that %mi was asked for."""
        self._number += 1
        return self._number

    @command(routes=ANYWHERE)
    def xlog(self, msg: ScriptMessage, level: Level, text: Template) -> bool:
        """Write a line of that level when `debug` is at least as high; always true."""
        self._write(msg, int(level), text)  # a plain one, as it goes to other processes
        return True

    @command(routes=ANYWHERE)
    def xdbg(self, msg: ScriptMessage, text: Template) -> bool:
        """Write a line of level L_DBG; always true."""
        self._write(msg, log.DEBUG, text)
        return True

    def _write(self, msg: ScriptMessage, level: int, text: Template) -> None:
        if level <= msg.core.log_level():
            filled = text.fill(msg, self.buf_size)
            msg.core.log(level, filled.decode("utf-8", "backslashreplace"), msg)

"""set_gflag, reset_gflag and is_gflag, for scripts and through the FIFO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.fifo.declarations import Control, Where, fifo_command, line
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.modules.api import FAILURE, ONREPLY, REQUEST, Core, Module, command, param
from ser_core.modules.gflags.shared_flags import COUNT, SharedFlags

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

ANYWHERE = REQUEST | FAILURE | ONREPLY
FLAG = line("flag", "0 to 31", missing="gflags: invalid flag number")
FILE = "gflags"


class FlagNumber(int):
    """The number of a global flag."""

    @classmethod
    def from_script(cls, text: str) -> FlagNumber:
        """Raises ValueError when there is no such flag."""
        if not (text.isascii() and text.isdigit() and int(text) < COUNT):
            raise ValueError(f'"{text}" is not the number of a flag, 0 to {COUNT - 1}')
        return cls(text)


class Gflags(Module):
    """Flags that belong to no message: an operator sets them, a script asks for them."""

    name = "gflags"
    fixed = ("initial",)

    initial: int = param(
        0, "flags that are set at the start, as a number: 1 is flag 0, 2 is flag 1", minimum=0
    )

    _flags: SharedFlags

    def check(self) -> None:
        """Refuse flags that there aren't."""
        if self.initial >= 1 << COUNT:
            raise ValueError(f"initial has flags above {COUNT - 1}")

    def start(self, core: Core) -> None:
        """Share the flags of the other processes."""
        self._flags = SharedFlags(core.table_path(FILE), self.initial)

    def stop(self) -> None:
        if "_flags" in self.__dict__:  # else the start failed
            self._flags.close()

    # -- the script ------------------------------------------------------------------------------

    @command(routes=ANYWHERE)
    def set_gflag(self, msg: ScriptMessage, flag: FlagNumber) -> bool:
        """Set a flag; always true."""
        self._flags[flag] = True
        return True

    @command(routes=ANYWHERE)
    def reset_gflag(self, msg: ScriptMessage, flag: FlagNumber) -> bool:
        """Reset a flag; always true."""
        self._flags[flag] = False
        return True

    @command(routes=ANYWHERE)
    def is_gflag(self, msg: ScriptMessage, flag: FlagNumber) -> bool:
        """True when the flag is set."""
        return self._flags[flag]

    # -- the FIFO --------------------------------------------------------------------------------
    # The flags are the same in every receiver, so any of them will do.

    @fifo_command(
        FLAG,
        name="set_gflag",
        where=Where.OWNER,
        owner=lambda flag: b"",
        changes=True,
        example=("3",),
        reply="200 OK",
    )
    def fifo_set_gflag(self, control: Control, flag: bytes) -> Reply:
        """Set a flag."""
        self._flags[_number(flag)] = True
        return Reply(text="OK")

    @fifo_command(
        FLAG,
        name="reset_gflag",
        where=Where.OWNER,
        owner=lambda flag: b"",
        changes=True,
        example=("3",),
        reply="200 OK",
    )
    def fifo_reset_gflag(self, control: Control, flag: bytes) -> Reply:
        """Reset a flag."""
        self._flags[_number(flag)] = False
        return Reply(text="OK")

    @fifo_command(
        FLAG,
        name="is_gflag",
        where=Where.OWNER,
        owner=lambda flag: b"",
        example=("3",),
        reply="200 OK\nFALSE",
    )
    def fifo_is_gflag(self, control: Control, flag: bytes) -> Reply:
        """Whether a flag is set: TRUE or FALSE."""
        return Reply(text="OK", body=b"TRUE\n" if self._flags[_number(flag)] else b"FALSE\n")


def _number(text: bytes) -> int:
    if not text.isdigit():
        raise FifoError(400, "gflags: invalid flag format")
    if len(text) > 10 or int(text) >= COUNT:
        raise FifoError(400, "gflags: invalid flag number")
    return int(text)

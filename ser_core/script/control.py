"""What compiled code calls when the way through ser.cfg is not the plain one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ser_core.script.call_graph import MAX_DEPTH

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage


class ExitScript(Exception):
    """`exit` in a block that another one called: all processing ends."""


def on_time(command: Callable[..., Any]) -> Callable[..., Any]:  # Any: as it answers
    """`command`, which may wait; timers that start behind it don't begin before it did."""

    def waiting(msg: ScriptMessage, *arguments: object) -> Any:
        try:
            return command(msg, *arguments)
        finally:
            msg.now = msg.core.monotonic()

    return waiting


def clear_error(msg: ScriptMessage) -> None:
    """Forget the error number of the command before, within a condition."""
    msg.error = 0


def too_deep(msg: ScriptMessage) -> int:
    """The result of a route(n) beyond MAX_DEPTH; logged with its place in ser.cfg."""
    frame = sys._getframe(2)
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    msg.core.complain(place, f"{place}: more than {MAX_DEPTH} route blocks within each other", msg)
    return -1


def refuse_truth(msg: ScriptMessage, name: str) -> bool:
    """The answer of a command that can't run with a reply; logged with its place in ser.cfg."""
    refuse_number(msg, name, 3)
    return False


def refuse_number(msg: ScriptMessage, name: str, depth: int = 2) -> int:
    """The same for a command that answers with a number."""
    frame = sys._getframe(depth - 1)
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    msg.core.complain(place, f"{place}: {name} can't run with a reply, so it is false", msg)
    return -1


def exit_script() -> int:
    """`exit` where a return would not end everything."""
    raise ExitScript

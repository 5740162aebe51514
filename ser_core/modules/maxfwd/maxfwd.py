"""Max-Forwards: added, decremented, and its end noticed (RFC 3261 §16.3 step 3, §16.6 step 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_core.modules.api import REQUEST, Core, Counter, Module, command, counter, param
from ser_core.sip.headers import parse_uint
from ser_core.sip.names import MAX_FORWARDS

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage
    from ser_core.sip.message import Field

HIGHEST = 255
"""Largest Max-Forwards there is (RFC 3261 §20.22)."""


class Hops(int):
    """How many hops a request that came without Max-Forwards may still make, 1 to 255."""

    @classmethod
    def from_script(cls, text: str) -> Hops:
        """Raises ValueError when `text` isn't such a number."""
        if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= HIGHEST):
            raise ValueError(f'"{text}" is not a number of hops, 1 to {HIGHEST}')
        return cls(text)


class Maxfwd(Module):
    """Adds, decrements and checks Max-Forwards (RFC 3261 §16.3)."""

    name = "maxfwd"
    export_names = ("maxfwd_module",)

    max_limit: int = param(
        70, "most that a request leaves with; 0: no limit but 255", minimum=0, maximum=HIGHEST
    )

    added: Counter = counter("requests that came without Max-Forwards")
    used_up: Counter = counter("requests whose Max-Forwards was 0")

    def __init__(self) -> None:
        super().__init__()
        self._edits: dict[bytes, bytes] = {}
        """The usual ways to write the header, and what takes their place."""

    def start(self, core: Core) -> None:
        limit = self.max_limit or HIGHEST
        for number in range(1, HIGHEST + 1):
            self._edits[b" %d\r\n" % number] = b" %d\r\n" % min(number - 1, limit)

    @command(routes=REQUEST)
    def mf_process_maxfwd_header(self, msg: ScriptMessage, default: Hops) -> bool:
        """Decrement Max-Forwards, or add it with the value `default` (at most max_limit).

        False once it is 0: the request has come too far and is to be answered with 483.
        """
        message = msg.message
        field: Field | None = message.first_fields.get(MAX_FORWARDS)
        if field is None:
            return self._add(msg, default)
        start, end = field[2], field[3]
        lowered = self._edits.get(message.buffer[start:end])
        if lowered is None:
            return self._decrement_unusual(msg, field)
        message.edits.append((start, end, lowered))
        return True

    def _add(self, msg: ScriptMessage, default: int) -> bool:
        message = msg.message
        position = message.first_header_position
        for start, _end, data in message.edits:
            if start == position and data.startswith(b"Max-Forwards:"):
                return True  # called before; the header may stand only once
        number = min(default, self.max_limit or HIGHEST)
        message.insert(position, b"Max-Forwards: %d\r\n" % number)
        self.added.add()
        return True

    def _decrement_unusual(self, msg: ScriptMessage, field: Field) -> bool:
        """0, other blanks than usual, leading zeros.

        That it is a number up to 255 has been seen to before the script (`proxy.validation`).
        """
        message = msg.message
        text = field[4]
        number = parse_uint(text, HIGHEST)
        if number == 0:
            self.used_up.add()
            return False
        start = message.buffer.index(text, field[2])
        limit = self.max_limit or HIGHEST
        message.replace(start, start + len(text), b"%d" % min(number - 1, limit))
        return True

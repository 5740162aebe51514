"""The format of a log line, read once when ser.cfg is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ser_core.errors import ParseError
from ser_core.modules.xlog.specifiers import SPECIFIERS, Specifier, header
from ser_core.sip.names import canonical

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

_KNOWN = ", ".join(f"%{letters}" for letters in SPECIFIERS)


class Template:
    """Text with specifiers, ready to be filled in."""

    __slots__ = ("_parts",)

    def __init__(self, parts: list[bytes | Specifier]) -> None:
        self._parts = parts

    @classmethod
    def from_script(cls, text: str) -> Template:
        """Raises ValueError for a specifier that doesn't exist, with its place in the text.

        A line end at the end of the text is left out: each line of the log has its own.
        """
        return cls(_Reader(text.removesuffix("\n").removesuffix("\r")).parts())

    def fill(self, msg: ScriptMessage, limit: int) -> bytes:
        """The text for a message, cut at `limit` bytes."""
        filled = b"".join([part if isinstance(part, bytes) else part(msg) for part in self._parts])
        return filled[:limit]


class _Reader:
    """Cuts a format into texts and specifiers."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def parts(self) -> list[bytes | Specifier]:
        found: list[bytes | Specifier] = []
        text = self._text
        while self._position < len(text):
            percent = text.find("%", self._position)
            end = len(text) if percent < 0 else percent
            if end > self._position:
                found.append(text[self._position : end].encode())
            self._position = end
            if percent >= 0:
                found.append(self._specifier())
        return found

    def _specifier(self) -> bytes | Specifier:
        """What stands at the percent sign; steps over it."""
        text, start = self._text, self._position
        following = text[start + 1 : start + 2]
        if following == "%":
            self._position = start + 2
            return b"%"
        if following == "{":
            return self._header()
        specifier = SPECIFIERS.get(text[start + 1 : start + 3])
        if specifier is None:
            raise ValueError(
                f"{text[start : start + 3]!r}, character {start + 1} of the text, is no specifier; "
                f"there are {_KNOWN}, %{{Header}} and %%"
            )
        self._position = start + 3
        return specifier

    def _header(self) -> Callable[[ScriptMessage], bytes]:
        start = self._position
        end = self._text.find("}", start)
        name = self._text[start + 2 : end] if end > 0 else ""
        try:
            specifier = header(canonical(name.strip().encode()))
        except ParseError:
            raise ValueError(
                f"%{{, character {start + 1} of the text, needs the name of a header and a }} "
                "behind it"
            ) from None
        self._position = end + 1
        return specifier

"""Arguments that functions of several modules take, checked when ser.cfg is loaded."""

from __future__ import annotations

import re

# A header line of RFC 3261 §25.1, perhaps folded. More than one may follow each other.
_HEADER_LINES = re.compile(
    rb"(?:[A-Za-z0-9\-.!%*_+`'~]+[ \t]*:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n)+"
)


class StatusCode(int):
    """The code of a response that the script sends, 100 to 699."""

    @classmethod
    def from_script(cls, text: str) -> StatusCode:
        """Raises ValueError when `text` isn't a status code."""
        if not (len(text) == 3 and text.isascii() and text.isdigit() and "100" <= text <= "699"):
            raise ValueError(f'"{text}" is not a status code, a number from 100 to 699')
        return cls(text)


class ReasonPhrase(bytes):
    """The text of a response that the script sends: one line."""

    @classmethod
    def from_script(cls, text: str) -> ReasonPhrase:
        """Raises ValueError when `text` would break the status line."""
        if any(character in text for character in "\r\n\0"):
            raise ValueError("a reason phrase is one line, without CR, LF or NUL")
        return cls(text.encode())


class HeaderLines(bytes):
    """Whole header lines. The last line end may be missing in ser.cfg; it is added."""

    @classmethod
    def from_script(cls, text: str) -> HeaderLines:
        """Raises ValueError when `text` isn't a header line, or several."""
        lines = re.sub(rb"\r?\n", b"\r\n", text.encode())
        if not lines.endswith(b"\r\n"):
            lines += b"\r\n"
        if not _HEADER_LINES.fullmatch(lines):
            raise ValueError(f'{text!r} is not a header line, "Name: value\\r\\n"')
        return cls(lines)

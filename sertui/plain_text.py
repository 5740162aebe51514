"""Text from the network, made harmless to look at: the only way onto the screen for it.

A phone may call itself anything: escape sequences that repaint the screen, newlines that make two
lines of one, marks that turn the writing round. They are shown as what they are, `\\x1b` and so on.
"""

from __future__ import annotations

import re

from rich.text import Text

# C0 and C1 controls, invisible marks, line separators, marks that change the direction of writing,
# variation selectors and joiners (whose width terminals disagree on), tags, surrogates.
# So is a third mark above or below one letter: a tower of them reaches into other lines.
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_HARMFUL = re.compile(
    f"(?<={_MARKS}{_MARKS}){_MARKS}|"
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
_BY_NAME = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def plain(text: str) -> str:
    """`text` in one line, with a backslash escape for what isn't a printed character."""
    return text if text.isascii() and text.isprintable() else _HARMFUL.sub(_escape, text)


def plain_text(text: str, style: str = "") -> Text:
    """The same for a widget: no markup is read in it, and it is never wrapped."""
    return Text(plain(text), style=style, no_wrap=True, overflow="ellipsis", end="")


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if found[0] in _BY_NAME:
        return _BY_NAME[found[0]]
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8 (surrogateescape)
        return f"\\x{code - 0xDC00:02x}"
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

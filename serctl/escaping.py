"""Text from the network, made harmless to look at.

A phone may call itself anything: escape sequences that repaint the screen, newlines that make two
lines of one, marks that turn the writing round. They are shown as what they are, `\\x1b` and so on.
"""

from __future__ import annotations

import re

# C0 and C1 controls, soft hyphen and invisible marks, line separators, marks that change the
# direction of writing, tags, and bytes that were no UTF-8. U+200D joins emoji and stays.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
_HARMFUL_OR_BACKSLASH = re.compile(_HARMFUL.pattern.replace("[", "[\\\\", 1))
# What JSON leaves as it is: the controls below a blank it escapes by itself.
_HARMFUL_IN_JSON = re.compile(_HARMFUL.pattern.replace("\x00-\x1f", ""))
_NOT_ASCII = re.compile("[^\x00-\x7e]")
_BY_NAME = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}


def escaped(text: str) -> str:
    """`text` in one line, with a backslash escape for what isn't a printed character."""
    return text if text.isprintable() else _HARMFUL.sub(_escape, text)


def reversible(text: str) -> str:
    """As `escaped`, with backslashes doubled, so that programs can read the text back."""
    if text.isprintable() and "\\" not in text:
        return text
    return _HARMFUL_OR_BACKSLASH.sub(_escape, text)


def escaped_lines(text: str) -> str:
    """Several lines, each `escaped`; newlines and tabs stay."""
    return "\n".join("\t".join(map(escaped, line.split("\t"))) for line in text.split("\n"))


def escaped_json(document: str, *, as_ascii: bool = False) -> str:
    """JSON as `json.dumps(ensure_ascii=False)` makes it, with escapes of its own instead.

    `as_ascii`: where it can't be written as UTF-8, nothing else may escape it in its own way.
    """
    return (_NOT_ASCII if as_ascii else _HARMFUL_IN_JSON).sub(_json_escape, document)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    named = _BY_NAME.get(character)
    if named:
        return named
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8 (surrogateescape)
        return f"\\x{code - 0xDC00:02x}"
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _json_escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xD800 <= code <= 0xDFFF:  # no character, so not to be had in JSON
        return "\\ufffd"
    if code > 0xFFFF:
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"

"""Replies as the docs show them, to be compared with real ones.

A line `...` stands for any number of lines, `...` within one for any text. Numbers, hashes,
absolute paths and dates stand for any others of their kind.
"""

from __future__ import annotations

import re

_KINDS = {
    "more": r"\.\.\.",
    "date": r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}",
    "hash": r"\b[0-9a-f]{16,}\b",
    "path": r"(?<![\w.>])/[\w./-]*",
    "number": r"\d+(?:\.\d+)*",
}
_ANY = {"more": ".*", "number": r"[\d.]+"}
_VARIABLE = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _KINDS.items()))


def fits(shown: str, reply: str) -> bool:
    """True when `reply` may be what the docs show as `shown`; the last newline doesn't count."""
    return re.fullmatch(pattern_of(shown), reply.removesuffix("\n") + "\n") is not None


def pattern_of(shown: str) -> str:
    """A regular expression for all replies like the one that is shown, newlines included."""
    lines = shown.removesuffix("\n").split("\n")
    return "".join(r"(?:.*\n)*" if line == "..." else _line(line) + r"\n" for line in lines)


def _line(line: str) -> str:
    parts, at = [], 0
    for found in _VARIABLE.finditer(line):
        kind = found.lastgroup or ""
        parts += [re.escape(line[at : found.start()]), _ANY.get(kind) or _KINDS[kind]]
        at = found.end()
    return "".join((*parts, re.escape(line[at:]))).replace(r"\r", "")

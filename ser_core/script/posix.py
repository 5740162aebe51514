"""POSIX extended regular expressions, as ser.cfg has them, with a bound on their time.

Anybody on the network chooses the text that is searched, so an engine that backtracks could be made
to run for hours by an innocent looking `(a+)+b`. Expressions are translated from POSIX and given to
RE2, whose time is linear in the text whatever the expression. (The alternative, refusing nested
quantifiers, refuses too much and still lets through `a*a*a*b`, which is cubic.)

RE2 answers in about 1.1 µs, Python's `re` in 0.1 µs (measured, `^sip:[0-9]+@.*`, 30 bytes), and a
dial plan searches a dozen times for each call. So the test that `=~` makes goes to `re` when the
expression is of a kind that can't backtrack more than once per position: no quantified group, at
most one unbounded quantifier and that behind `^`, hardly any optional atoms.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    "space": r"\x09-\x0d\x20",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}

# What GNU's regcomp, which SER used, has beyond POSIX; \d is what many write and mean.
_ESCAPES = {
    "w": "[0-9A-Za-z_]",
    "W": "[^0-9A-Za-z_]",
    "s": r"[\x09-\x0d\x20]",
    "S": r"[^\x09-\x0d\x20]",
    "d": "[0-9]",
    "D": "[^0-9]",
    "b": r"\b",
    "B": r"\B",
    "<": r"\b",
    ">": r"\b",
    "n": r"\n",
    "r": r"\r",
    "t": r"\t",
}

_INTERVAL = re.compile(r"\{([0-9]*)(,([0-9]*))?\}", re.ASCII)
_NO_ATOM = frozenset("()|^$*+?")
"""A quantifier behind one of these is a group's, or one that the engines read differently."""
_MAX_OPTIONAL = 2
_MAX_LENGTH = 4096


@dataclass(slots=True)
class _Translation:
    """An expression in the syntax that RE2 and `re` share, but for `$`, and what it is made of."""

    parts: list[str] = field(default_factory=list)
    anchored: bool = False
    unbounded: int = 0
    optional: int = 0
    alternatives: bool = False
    hard: bool = False
    """Has what the quick engine isn't trusted with: a quantified group, an interval."""

    def is_quick(self) -> bool:
        """True when `re` needs linear time: it can go back over one repetition, once."""
        if self.hard or self.optional > _MAX_OPTIONAL:
            return False
        if self.unbounded == 0:
            return True
        return self.unbounded == 1 and self.anchored and not self.alternatives


def compile_posix(
    expression: str | bytes, *, ignore_case: bool = True, dot_all: bool = False
) -> re.Pattern[bytes]:
    """The expression, ready to search with; finds the leftmost longest match, in linear time.

    Newline-aware as textops has it: `^` and `$` match at lines, and `.` and `[^…]` don't match a
    newline; with `dot_all` there are no lines. The result is RE2's, which has the methods of
    re.Pattern. Raises ValueError, with what is wrong, for the user.
    """
    translated = _translate(_text(expression), dot_all=dot_all)
    pattern = _compile_re2("".join(translated.parts), ignore_case, dot_all, expression)
    return cast("re.Pattern[bytes]", pattern)


def compile_test(expression: str | bytes) -> Callable[[bytes], object]:
    """What `=~` calls: the answer is true when the expression matches somewhere in the text.

    Case is ignored and a newline is a character like any other. Raises ValueError, as above.
    """
    translated = _translate(_text(expression), dot_all=True)
    pattern = _compile_re2("".join(translated.parts), True, True, expression)  # also the judge
    if translated.is_quick():
        text = "".join(r"\Z" if part == "$" else part for part in translated.parts)
        return re.compile(text.encode("latin-1"), re.IGNORECASE | re.DOTALL).search
    search: Callable[[bytes], object] = pattern.search  # type: ignore[attr-defined]
    return search


def _text(expression: str | bytes) -> str:
    """One character for each byte."""
    if isinstance(expression, str):
        expression = expression.encode("utf-8", "surrogateescape")
    return expression.decode("latin-1")


def _shown(expression: str | bytes) -> str:
    if isinstance(expression, bytes):
        expression = expression.decode("utf-8", "replace")
    return expression if len(expression) <= 80 else expression[:77] + "..."


def _compile_re2(text: str, ignore_case: bool, dot_all: bool, expression: str | bytes) -> object:
    import re2  # type: ignore[import-untyped]  # only scripts with expressions need it

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not ignore_case
    options.posix_syntax = True
    options.longest_match = True
    options.perl_classes = True
    options.word_boundary = True
    options.one_line = dot_all
    options.dot_nl = dot_all
    options.log_errors = False
    try:
        compiled: object = re2.compile(text.encode("latin-1"), options)
    except re2.error as error:
        reason = error.args[0] if error.args else "bad expression"
        if isinstance(reason, bytes):
            reason = reason.decode("latin-1")
        raise ValueError(f'"{_shown(expression)}" is no regular expression: {reason}') from None
    return compiled


def _translate(text: str, *, dot_all: bool) -> _Translation:
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"a regular expression has at most {_MAX_LENGTH} characters")
    out = _Translation(anchored=text.startswith("^"))
    position = 0
    while position < len(text):
        position = _translate_one(text, position, out, dot_all)
    return out


def _translate_one(text: str, position: int, out: _Translation, dot_all: bool) -> int:
    """Translate what stands at `position`; the answer is where the next thing stands."""
    character = text[position]
    if character == "\\":
        out.parts.append(_escape(text, position))
        return position + 2
    if character == "[":
        translated, end = _bracket(text, position, dot_all)
        out.parts.append(translated)
        return end
    if character in "*+?{":
        return _quantifier(text, position, out)
    if character == "(" and text.startswith("(?", position):
        raise ValueError(f'"{_shown(text)}" is no POSIX regular expression: "(?" means nothing')
    if character == "|":
        out.alternatives = True
    out.parts.append(character if character in "().^$|" else re.escape(character))
    return position + 1


def _escape(text: str, position: int) -> str:
    if position + 1 == len(text):
        raise ValueError(f'"{_shown(text)}" is no regular expression: it ends in a backslash')
    character = text[position + 1]
    if character in "123456789":
        raise ValueError(f'"{_shown(text)}" refers back with \\{character}, which isn\'t possible')
    return _ESCAPES.get(character) or re.escape(character)


def _quantifier(text: str, position: int, out: _Translation) -> int:
    if not out.parts or out.parts[-1] in _NO_ATOM:
        out.hard = True
    character = text[position]
    if character == "{":
        return _interval(text, position, out)
    if character == "?":
        out.optional += 1
    else:
        out.unbounded += 1
    out.parts.append(character)
    return position + 1


def _interval(text: str, position: int, out: _Translation) -> int:
    match = _INTERVAL.match(text, position)
    if match is None or not (match.group(1) or match.group(3)):
        out.parts.append(r"\{")
        return position + 1
    out.hard = True
    low, comma, high = match.group(1) or "0", match.group(2), match.group(3) or ""
    out.parts.append(f"{{{low},{high}}}" if comma else f"{{{low}}}")
    return match.end()


def _bracket(text: str, position: int, dot_all: bool) -> tuple[str, int]:
    """`[…]`: inside, a backslash is a backslash and a `]` in front is a `]`."""
    start = position
    position += 1
    negated = text.startswith("^", position)
    position += negated
    parts: list[str] = []
    while True:
        end = text.find("]", position + (not parts))
        if end < 0 or position >= len(text):
            raise ValueError(f'"{_shown(text)}" is no regular expression: "[" is never closed')
        if text[position] == "]" and parts:
            break
        item, position = _bracket_item(text, position, end)
        parts.append(item)
    newline = r"\n" if negated and not dot_all else ""
    assert position > start
    return f"[{'^' if negated else ''}{''.join(parts)}{newline}]", position + 1


def _bracket_item(text: str, position: int, end: int) -> tuple[str, int]:
    """One character, range or class of a bracket expression."""
    for mark in ":.=":
        if text.startswith("[" + mark, position):
            close = text.find(mark + "]", position + 2)
            if close < 0:
                raise ValueError(f'"[{mark}" is never closed with "{mark}]"')
            name = text[position + 2 : close]
            if mark == ":" and name not in _CLASSES:
                raise ValueError(f'"[{mark}{name}{mark}]" is no class of characters')
            if mark != ":" and len(name) != 1:
                raise ValueError(f'"[{mark}{name}{mark}]" is no character')
            return (_CLASSES[name] if mark == ":" else _literal(name)), close + 2
    first = text[position]
    last = text[position + 2] if text.startswith("-", position + 1) else ""
    if last and last != "]":
        if last < first:
            raise ValueError(f'"{first}-{last}" is no range of characters')
        return f"{_literal(first)}-{_literal(last)}", position + 3
    return _literal(first), position + 1


def _literal(character: str) -> str:
    return f"\\x{ord(character):02x}"

"""ser.cfg as tokens.

Words aren't told apart from keywords here: what a word means depends on where it stands, so that a
host may be called `port.example.org`. Hosts and addresses are put together by the parser, from the
text itself (`literals.py`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum
from typing import NamedTuple

from ser_core.script.diagnostics import Reporter, Span

MAX_NUMBER = 2**31 - 1
CUT = "cut"


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    NUMBER = "number"
    STRING = "string"
    SIGN = "sign"
    END = "end of file"


class Token(NamedTuple):
    kind: Kind
    text: str
    """As written; a string with its quotes."""
    start: int
    end: int
    value: str | int = ""
    """What a string or a number says."""


class Source:
    """A text with the positions of its lines."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts = [0, *(x.end() for x in re.finditer("\n", text))]

    def line(self, offset: int) -> int:
        """The line of an offset, from 1."""
        return bisect_right(self._starts, offset)

    def span(self, start: int, end: int) -> Span:
        """The piece from offset `start` up to `end`."""
        line = self.line(start)
        end_line = self.line(end)
        return Span(
            self.file,
            line,
            start - self._starts[line - 1] + 1,
            end_line,
            end - self._starts[end_line - 1] + 1,
        )


_TOKEN = re.compile(
    r"""
      (?P<blank>   [ \t\r\n\f\v\b]+ | \\\r?\n )
    | (?P<line>    \#[^\n]* )
    | (?P<block>   /\* )
    | (?P<word>    [A-Za-z][A-Za-z0-9_]* )
    | (?P<number>  0[xX][0-9A-Fa-f]+ | [0-9]+ )
    | (?P<string>  "(?:[^"\\]|\\.)*" | '[^']*' )
    | (?P<quote>   ["'] )
    | (?P<sign>    == | =~ | != | <= | >= | && | \|\| | [-=!<>&|+(){}\[\],;:*/.] )
    | (?P<other>   [^\s\w"'\#\\=!<>&|+(){}\[\],;:*/.-]+ | . )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_ESCAPE = re.compile(rb"\\(?:([nrat\"\\])|x([0-9A-Fa-f]{1,2})|([0-7]{2,3})|\r?\n)")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"a": b"\a", b"t": b"\t", b'"': b'"', b"\\": b"\\"}


def tokenize(source: Source, reporter: Reporter) -> list[Token]:
    """All tokens, an END last. What is no token is reported and left out.

    The value of the END is CUT when a string or comment is never closed, so that what stands in
    the rest of the text can't be known.
    """
    tokens: list[Token] = []
    end = ""
    text = source.text
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # the last alternative takes any character
        at = match.end()
        kind = match.lastgroup
        if kind == "block":
            at, closed = _skip_comment(source, match.start(), reporter)
            end = end if closed else CUT
        elif kind == "quote":
            reporter.error(source.span(match.start(), match.end()), "this string is never closed")
            end = CUT
            break
        elif kind == "other":
            _report_other(source, match, reporter)
        elif kind not in ("blank", "line"):
            tokens.append(_token(kind, match, source, reporter))
    tokens.append(Token(Kind.END, "", len(text), len(text), end))
    return tokens


def _report_other(source: Source, match: re.Match[str], reporter: Reporter) -> None:
    text = match.group()
    shown = text if text.isprintable() else repr(text.encode("utf-8", "surrogateescape"))[2:-1]
    hint = "variables aren't part of this language" if text.startswith("$") else ""
    reporter.error(source.span(match.start(), match.end()), f'unexpected "{shown}"', hint)


def _skip_comment(source: Source, start: int, reporter: Reporter) -> tuple[int, bool]:
    """The offset behind the comment that begins at `start`, and whether it ends; comments nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(source.text, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end(), True
    hint = "comments nest: each /* needs its own */" if depth > 1 else ""
    reporter.error(source.span(start, start + 2), "this comment is never closed", hint)
    return len(source.text), False


def _token(kind: str | None, match: re.Match[str], source: Source, reporter: Reporter) -> Token:
    text, start, end = match.group(), match.start(), match.end()
    if kind == "string":
        value = text[1:-1] if text[0] == "'" else unescape(text[1:-1])
        return Token(Kind.STRING, text, start, end, value)
    if kind == "number":
        return Token(
            Kind.NUMBER, text, start, end, _number(text, source.span(start, end), reporter)
        )
    return Token(Kind.WORD if kind == "word" else Kind.SIGN, text, start, end)


def _number(text: str, span: Span, reporter: Reporter) -> int:
    """The value of a decimal, 0x hexadecimal or 0 octal number; 0 after reporting a bad one."""
    if len(text) > 20:  # int() takes its time with thousands of digits, and then refuses
        value = MAX_NUMBER + 1
    elif text[:2] in ("0x", "0X"):
        value = int(text, 16)
    elif text[0] == "0" and len(text) > 1:
        if text.strip("01234567"):
            reporter.error(
                span, f"{text} is no octal number", "a number that begins with 0 has digits 0 to 7"
            )
            return 0
        value = int(text, 8)
    else:
        value = int(text)
    if value > MAX_NUMBER:
        reporter.error(span, "this number is too big", f"the biggest is {MAX_NUMBER}")
        return 0
    return value


def unescape(text: str) -> str:
    r"""What a "…" string says: \n \r \a \t \" \\, \xHH, octal \NN and \NNN are replaced, a
    backslash before a newline vanishes with it, and any other backslash stays, so that regular
    expressions keep theirs."""
    if "\\" not in text:
        return text
    data = _ESCAPE.sub(_unescaped, text.encode("utf-8", "surrogateescape"))
    return data.decode("utf-8", "surrogateescape")


def _unescaped(match: re.Match[bytes]) -> bytes:
    letter, hexadecimal, octal = match.groups()
    if letter:
        return _ESCAPED[letter]
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    return b""

"""A line of the shell as words, with the quotes and backslashes of sh.

Reads lines that aren't finished yet, too, since those are what is to be completed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLANKS = " \t\r\n"
_PIECE = re.compile(
    r"""
    '(?P<single>[^']*)'
  | "(?P<double>(?:[^"\\]|\\.)*)"
  | \\(?P<escaped>.)
  | (?P<plain>[^ \t\r\n'"\\]+)
    """,
    re.X | re.S,
)
_NEEDS_QUOTES = re.compile(r"""[ \t\r\n'"\\]|^\#|^\?$|^$""")

COMMENT = "#"
BACKSLASH = "\\"


class Unfinished(ValueError):
    """A quote or a backslash that waits for more; the text says which."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where it begins."""

    text: str
    """Without its quotes."""
    raw: str
    """As it was typed."""
    start: int


@dataclass(frozen=True, slots=True)
class Line:
    """The words of a line."""

    words: tuple[Word, ...]
    open: str
    """The quote or backslash that the last word isn't finished without; COMMENT in a comment."""
    ends_in_blank: bool

    @property
    def texts(self) -> list[str]:
        return [word.text for word in self.words]

    def before_last(self) -> tuple[list[str], Word | None]:
        """For completion: the words that are finished, and the one being typed, if any."""
        if self.words and not self.ends_in_blank:
            return self.texts[:-1], self.words[-1]
        return self.texts, None


def read_line(text: str) -> Line:
    """The words of `text`, finished or not. A # at the start of a word begins a comment."""
    words: list[Word] = []
    end, place = 0, _behind_blanks(text, 0)
    while place < len(text):
        if text[place] == COMMENT:
            return Line(tuple(words), COMMENT, False)
        word, end, unclosed = _read_word(text, place)
        words.append(Word(word, text[place:end], place))
        if unclosed:
            return Line(tuple(words), unclosed, False)
        place = _behind_blanks(text, end)
    return Line(tuple(words), "", end < len(text))


def split(text: str) -> list[str]:
    """The words of a finished line. Raises Unfinished."""
    line = read_line(text)
    if line.open == BACKSLASH:
        raise Unfinished("nothing stands behind the backslash at the end")
    if line.open and line.open != COMMENT:
        raise Unfinished(f"the quote {line.open} is never closed")
    return line.texts


def quoted(text: str) -> str:
    """`text` as one word, in quotes only when it must be."""
    if not _NEEDS_QUOTES.search(text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _behind_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] in _BLANKS:
        place += 1
    return place


def _read_word(text: str, place: int) -> tuple[str, int, str]:
    """The word that begins at `place`, where it ends, and what it still waits for."""
    word = ""
    while place < len(text) and text[place] not in _BLANKS:
        found = _PIECE.match(text, place)
        if found is None:
            return word + _unescaped(text[place + 1 :], text[place]), len(text), text[place]
        word += _meaning(found)
        place = found.end()
    return word, place, ""


def _meaning(piece: re.Match[str]) -> str:
    if piece.lastgroup == "double":
        return _unescaped(piece["double"], '"')
    return piece[piece.lastgroup or 0]


def _unescaped(text: str, quote: str) -> str:
    """In double quotes a backslash is one, but before another and before the quote."""
    return re.sub(r'\\(["\\])', r"\1", text) if quote == '"' else text

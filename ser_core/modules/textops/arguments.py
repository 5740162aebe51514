"""Arguments of textops' functions: header names, halves of a header, `/re/replacement/flags`."""

from __future__ import annotations

import re
from typing import NamedTuple

from ser_core.errors import ParseError
from ser_core.script.posix import compile_posix
from ser_core.sip.names import canonical

_HEADER_START = re.compile(rb"[A-Za-z0-9\-.!%*_+`'~]+[ \t]*:[^\r\n]*")


class HeaderName(bytes):
    """The canonical name of a header, from any spelling, compact ones too."""

    @classmethod
    def from_script(cls, text: str) -> HeaderName:
        """Raises ValueError when `text` can't be the name of a header."""
        try:
            return cls(canonical(text.strip().removesuffix(":").encode()))
        except ParseError:
            raise ValueError(f'"{text}" is not the name of a header') from None


class HeaderStart(bytes):
    """The beginning of a header line, `Name: …`."""

    @classmethod
    def from_script(cls, text: str) -> HeaderStart:
        """Raises ValueError when `text` doesn't begin a header line."""
        if not _HEADER_START.fullmatch(text.encode()):
            raise ValueError(f'{text!r} does not begin a header line, "Name: "')
        return cls(text.encode())


class HeaderEnd(bytes):
    r"""The end of a header line. A missing CRLF is added."""

    @classmethod
    def from_script(cls, text: str) -> HeaderEnd:
        """Raises ValueError when `text` has a line end before its end."""
        line = re.sub(r"\r?\n\Z", "", text)
        if "\r" in line or "\n" in line:
            raise ValueError(f"{text!r} has a line end inside")
        return cls(line.encode() + b"\r\n")


URI = -1
r"""Stands for `\u` in the parts of a replacement: the Request-URI as it is when it is needed."""

_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\"}
_FLAGS = frozenset("igs")


class Substitution(NamedTuple):
    """`/re/replacement/flags` of the subst functions, ready to be carried out."""

    pattern: re.Pattern[bytes]
    parts: tuple[bytes | int, ...]
    """What to put in: text, the number of a group, or URI."""
    every: bool
    """Flag g: each match, not only the first."""

    @classmethod
    def from_script(cls, text: str) -> Substitution:
        """Raises ValueError, with what is wrong, for the user."""
        expression, replacement, flags = _split(text)
        unknown = sorted(set(flags) - _FLAGS)
        if unknown:
            raise ValueError(f'unknown flag "{unknown[0]}" in {text!r}; there are i, g and s')
        pattern = compile_posix(expression, ignore_case="i" in flags, dot_all="s" in flags)
        parts = tuple(_parts(replacement, text[0]))
        for part in parts:
            if isinstance(part, int) and part > pattern.groups:
                raise ValueError(f"\\{part} in {text!r}: there are {pattern.groups} groups")
        return cls(pattern, parts, "g" in flags)

    def expand(self, found: re.Match[bytes], uri: bytes) -> bytes:
        """The text that takes the place of a match."""
        texts = []
        for part in self.parts:
            if isinstance(part, bytes):
                texts.append(part)
            else:
                texts.append(uri if part == URI else found[part] or b"")
        return b"".join(texts)

    def apply(self, subject: bytes, uri: bytes) -> bytes | None:
        """`subject` with its match, or with `every` all of them, replaced; None without a match."""
        result, count = self.pattern.subn(
            lambda found: self.expand(found, uri), subject, count=0 if self.every else 1
        )
        return result if count else None


def _split(text: str) -> tuple[str, str, str]:
    """The three parts between delimiters. A backslash makes a delimiter part of the text."""
    if not text or text[0] == "\\":
        raise ValueError(f"{text!r} is not /expression/replacement/flags")
    delimiter = text[0]
    parts = [""]
    position = 1
    while position < len(text):
        character = text[position]
        if character == "\\" and len(parts) < 3:
            parts[-1] += text[position : position + 2]
            position += 2
            continue
        if character == delimiter and len(parts) < 3:
            parts.append("")
        else:
            parts[-1] += character
        position += 1
    if len(parts) != 3:
        raise ValueError(f"{text!r} is not {delimiter}expression{delimiter}replacement{delimiter}")
    return parts[0], parts[1], parts[2]


def _parts(replacement: str, delimiter: str) -> list[bytes | int]:
    parts: list[bytes | int] = []
    position = 0
    while position < len(replacement):
        character = replacement[position]
        following = replacement[position + 1 : position + 2]
        if character != "\\" or not following:
            parts.append(character.encode())
            position += 1
            continue
        position += 2
        if following.isascii() and following.isdigit():
            parts.append(int(following))
        elif following == "u":
            parts.append(URI)
        elif following == delimiter:
            parts.append(following.encode())
        else:  # what SER doesn't know stays as it stands
            parts.append(_ESCAPES.get(following) or ("\\" + following).encode())
    return _joined(parts)


def _joined(parts: list[bytes | int]) -> list[bytes | int]:
    joined: list[bytes | int] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, bytes) and isinstance(last, bytes):
            joined[-1] = last + part
        else:
            joined.append(part)
    return joined

"""Pieces of a manual page, in the man macros that groff and mandoc both know (man(7))."""

from __future__ import annotations

import re
from collections.abc import Iterable

NOTHING = "\\&"
"""Takes no place, but ends what came before, or keeps a dot from being a macro."""
CODE = re.compile(r"`([^`]+)`")
_ESCAPES = str.maketrans(
    {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "~": "\\(ti", "^": "\\(ha", '"': "\\(dq"}
)


def escaped(text: str) -> str:
    """Text that comes out as it is, wherever it stands in a line."""
    return text.translate(_ESCAPES)


def prose(text: str) -> str:
    """A paragraph on lines of its own; what stands in backquotes is set in bold."""
    lines = (line.strip() for line in text.strip().splitlines())
    return "\n".join(_line(line) for line in lines if line)


def _line(text: str) -> str:
    parts = CODE.split(text)
    shown = "".join(bold(part) if odd % 2 else escaped(part) for odd, part in enumerate(parts))
    return NOTHING + shown if shown.startswith(".") else shown


def bold(text: str) -> str:
    """What is typed as it stands."""
    return f"\\fB{escaped(text)}\\fR"


def italic(text: str) -> str:
    """What stands for something else."""
    return f"\\fI{escaped(text)}\\fR"


def heading(name: str, section: int, about: str) -> str:
    """The first lines of a page: its name, section and what it belongs to.

    No date: a page that changes only with what it describes can be compared.
    """
    title = f'.TH {name.upper()} {section} "" "{about}" "SIP Express Router"'
    return f'.\\" Written by docs/man_pages.py; changes made here are lost.\n{title}'


def section(title: str, *parts: str) -> str:
    """A section; nothing when all parts are empty."""
    body = paragraphs(*parts)
    return f".SH {title.upper()}\n{body}" if body else ""


def subsection(title: str, *parts: str) -> str:
    """A part of a section under its own title."""
    return f'.SS "{escaped(title)}"\n{paragraphs(*parts)}'


def paragraphs(*parts: str) -> str:
    """With a gap between them; a list or a heading makes its own."""
    text = ""
    for part in filter(None, parts):
        gap = "" if not text or part.startswith((".TP", ".SS", ".SH")) else ".PP\n"
        text += f"{gap}{part}\n"
    return text.rstrip("\n")


def entry(term: str, *parts: str) -> str:
    """A term (already roff) with what it means, indented below it."""
    return f".TP\n{term}\n{apart(*parts) or NOTHING}"


def apart(*parts: str) -> str:
    """Paragraphs that keep their indentation; a list makes its own gap."""
    text = ""
    for part in filter(None, parts):
        gap = "" if not text or part.startswith(".RS\n.TP") else "\n.sp\n"
        text += (gap or ("\n" if text else "")) + part
    return text


def entries(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of terms."""
    return "\n".join(entry(term, text) for term, text in pairs)


def example(lines: Iterable[str]) -> str:
    """Lines that stay as they are."""
    shown = "\n".join(NOTHING + "    " + escaped(line) for line in lines)
    return f".nf\n{shown}\n.fi"


def page(*parts: str) -> str:
    """A whole page."""
    return "\n".join(filter(None, parts)) + "\n"

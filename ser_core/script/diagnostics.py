"""Mistakes in ser.cfg, as an operator reads them: where, what, and what to do.

Everything that looks at the text tells a `Reporter` what it finds; what it has found at the end is
either warnings or one `ConfigErrors`. Nothing else leaves script/ when a text is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ser_core.errors import SerError

MAX_ERRORS = 10
"""More in one run hides the first, which is the one to repair."""

Severity = Literal["error", "warning"]

_PASSWORD = re.compile(r"""([A-Za-z][A-Za-z0-9+.-]*:/*[^:@/"']*:)([^"']*)(?=@)""")
"""Between user and host of a db_url, or of a SIP URI, even when the rest is misspelt."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text: lines and columns count from 1, the end column stands behind it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, other: Span) -> Span:
        """From the beginning of this to the end of `other`."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake, or one warning. `hint` reads on behind the message and a comma."""

    span: Span
    message: str
    hint: str = ""
    severity: Severity = "error"
    line_text: str = ""
    """The line that the span begins on."""

    @property
    def text(self) -> str:
        """Message and hint."""
        return f"{self.message}, {self.hint}" if self.hint else self.message

    def render(self) -> str:
        """file:line:column, severity and text; below them the line and a caret."""
        span = self.span
        head = f"{span.place}: {self.severity}: {self.text}"
        if not self.line_text:
            return head
        width = span.end_column - span.column if span.end_line == span.line else 0
        rest = len(self.line_text) - (span.column - 1)
        marks = "^" + "~" * (min(max(width, 1), max(rest, 1)) - 1)
        indent = "".join("\t" if x == "\t" else " " for x in self.line_text[: span.column - 1])
        number = f"{span.line:5d} | "
        return f"{head}\n{number}{_printable(self.line_text)}\n{'':5s} | {indent}{marks}"


def _printable(line: str) -> str:
    """`line` with no password in it, since logs keep it, and nothing that a terminal would act on;
    as many characters as before."""
    line = _PASSWORD.sub(lambda found: found[1] + "*" * len(found[2]), line)
    return "".join(x if x == "\t" or x.isprintable() else "?" for x in line)


class ConfigErrors(SerError):
    """The text is no configuration that ser could run; `diagnostics` says why, errors only."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__("\n".join(x.render() for x in diagnostics))
        self.diagnostics = diagnostics


class TooManyErrors(Exception):
    """Raised by a `Reporter` once it has heard enough; ends the look at the text."""


class Reporter:
    """Collects diagnostics about one text."""

    def __init__(self, file: str, text: str, limit: int = MAX_ERRORS) -> None:
        self.file = file
        self.lines = text.split("\n")
        self.errors: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self._limit = limit

    def error(self, span: Span, message: str, hint: str = "") -> None:
        """Note a mistake. One place has one: what follows from it isn't told.

        Raises TooManyErrors with the last that still counts.
        """
        if any(x.span.line == span.line and x.span.column == span.column for x in self.errors):
            return
        self.errors.append(Diagnostic(span, message, hint, "error", self._line(span)))
        if len(self.errors) >= self._limit:
            raise TooManyErrors

    def warning(self, span: Span, message: str, hint: str = "") -> None:
        """Note what is legal but surely not meant."""
        self.warnings.append(Diagnostic(span, message, hint, "warning", self._line(span)))

    def _line(self, span: Span) -> str:
        if 1 <= span.line <= len(self.lines):
            return self.lines[span.line - 1].rstrip("\r")
        return ""

    def raise_errors(self) -> None:
        """ConfigErrors with all errors in the order of the text, if there are any."""
        if self.errors:
            self.errors.sort(key=lambda x: (x.span.line, x.span.column))
            raise ConfigErrors(self.errors)


def render_errors(errors: ConfigErrors | Iterable[Diagnostic]) -> str:
    """All diagnostics as text for a terminal or a log; no newline at the end."""
    diagnostics = errors.diagnostics if isinstance(errors, ConfigErrors) else errors
    return "\n".join(x.render() for x in diagnostics)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that `word` is most likely a slip of; empty when none comes near."""
    import difflib  # only mistakes need it, and it costs start-up time

    names = sorted(set(known))
    by_lower = {x.lower(): x for x in names}
    if word.lower() in by_lower:
        return by_lower[word.lower()]
    word = word.lower()
    cutoff = 0.7 if len(word) > 3 else 0.5  # one wrong letter in two is half the word
    found = difflib.get_close_matches(word, list(by_lower), n=5, cutoff=cutoff)
    if not found:
        return ""
    # Letters that changed places are the commonest slip: t_realy is t_relay, not t_reply.
    swapped = [x for x in found if sorted(x) == sorted(word)]
    return by_lower[(swapped or found)[0]]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name, or nothing."""
    name = nearest(word, known)
    return f'did you mean "{name}"?' if name else ""

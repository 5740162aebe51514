"""The last warnings and errors, the newest first."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.content import Content

from sertui.log_levels import SERIOUS, WARNED, WARNING, kind_of, rank
from sertui.numbers import NOTHING
from sertui.plain_text import plain
from sertui.snapshot import LogLine
from sertui.widgets.panel import Panel

_STYLES = {SERIOUS: "$text-error", WARNED: "$text-warning"}
PROCESS = 12


def is_trouble(line: LogLine) -> bool:
    """Warnings and what is worse; not what the script says by log()."""
    return line.level != "LOG" and rank(line.level) <= WARNING


class TroubleList(Panel):
    """A line each."""

    BORDER_TITLE = "Warnings and errors"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._lines: Sequence[LogLine] = ()
        self._is_known = False

    def show(self, lines: Sequence[LogLine], *, is_known: bool) -> None:
        """The newest last; `is_known`: ser was there to tell them."""
        if (lines, is_known) != (self._lines, self._is_known):
            self._lines, self._is_known = lines, is_known
            self.refresh()

    def lines(self, width: int, height: int) -> Sequence[Content]:
        """As many as there is room for."""
        if not self._lines:
            return [Content.styled("✓ none so far" if self._is_known else NOTHING, "$faint")]
        return [_line(line) for line in reversed(self._lines[-height:])]


def _line(line: LogLine) -> Content:
    kind = kind_of(line.level)
    clock = time.strftime("%H:%M:%S", time.localtime(line.time))
    return Content.assemble(
        (f"{clock} ", "$faint"),
        (f"{kind.sign} {plain(line.level):<5} ", _STYLES.get(kind, "")),
        (f"{plain(line.process):<{PROCESS}} ", "$faint"),
        plain(line.text),
    )

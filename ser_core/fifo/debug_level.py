"""The debug level of all processes, and when it goes back to what it was. No clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ser_core import log


class Cells(Protocol):
    """Where level and deadline stand: the pages that all processes share."""

    debug_level: int
    revert: tuple[int, int]


class DebugLevel:
    """Reads and sets the level. What it knows is in the cells, so its successor goes on with it."""

    def __init__(self, cells: Cells, monotonic: Callable[[], float]) -> None:
        self._cells = cells
        self._monotonic = monotonic

    @property
    def level(self) -> int:
        return self._cells.debug_level

    @property
    def left(self) -> float | None:
        """Seconds until the level goes back; None: it stays."""
        at, _ = self._cells.revert
        return max(at / 1000 - self._monotonic(), 0.0) if at else None

    @property
    def goes_back_to(self) -> int:
        """The level that counts once `left` is over."""
        at, level = self._cells.revert
        return level if at else self.level

    def set(self, level: int, seconds: int = 0) -> None:
        """Set the level, for `seconds` or (0) for good.

        Set again while a time runs, it still goes back to the level from before that time.
        """
        if seconds:
            at = int((self._monotonic() + seconds) * 1000)
            self._cells.revert = (at, self.goes_back_to)
        else:
            self._cells.revert = (0, 0)
        self._tell(level, f" for {seconds} s" if seconds else "")
        self._cells.debug_level = level

    def go_back_if_due(self) -> None:
        """Called about once a second."""
        if self.left == 0.0:
            level = self.goes_back_to
            self._cells.revert = (0, 0)
            self._tell(level, ", its time is over")
            self._cells.debug_level = level

    def _tell(self, level: int, how: str) -> None:
        if level != self.level:
            log.notice("debug level %d instead of %d%s", level, self.level, how)

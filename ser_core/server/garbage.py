"""Keeps the collector from looking at scripts: they are many objects without a cycle among them.

A script of 5,000 lines has 460,000, at which one full collection looks for 0.3 s; making them used
to bring on six. What modules tie to itself (SQLAlchemy's tables, some 60 KiB a script) is all that
is ever found. So a long script is frozen as soon as it is there: it ends by itself, frozen or not.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

FEW: Final = 100_000
"""New objects that a collection looks at within some 60 ms."""
MOST_LEFT: Final = 20
"""Long scripts whose garbage may wait; then it is looked for among everything."""


class Garbage:
    """What one process has of it."""

    def __init__(self) -> None:
        self._left = 0

    def hold(self) -> None:
        """Many objects are about to be made: don't look at them meanwhile."""
        gc.disable()

    def set_aside(self) -> None:
        """They have been made; a few are left to the next collection."""
        if gc.get_count()[0] > FEW:
            gc.freeze()
            self._left += 1
        if self._left >= MOST_LEFT:
            self._left = 0
            gc.unfreeze()
        gc.enable()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Around the making of many objects."""
        self.hold()
        try:
            yield
        finally:
            self.set_aside()

    def settle(self) -> None:
        """As `set_aside`, in a process that others are forked from: collections there must not
        copy the pages that they share, so all that is here is frozen. Nothing else goes on here."""
        self.set_aside()
        gc.collect()
        gc.freeze()

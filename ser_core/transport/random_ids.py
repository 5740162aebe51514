"""Random ids for branches and tags, bought from the kernel in bulk."""

from __future__ import annotations

import os
from collections.abc import Callable

BULK = 512


class RandomIds:
    """16 hexadecimal digits (64 bits) at a time that nobody can guess."""

    __slots__ = ("_digits", "_position", "_source")

    def __init__(self, source: Callable[[int], bytes] = os.urandom) -> None:
        self._source = source
        self._digits = b""
        self._position = 0

    def next(self) -> bytes:
        position = self._position
        if position >= len(self._digits):
            self._digits = self._source(8 * BULK).hex().encode()
            position = 0
        self._position = position + 16
        return self._digits[position : position + 16]

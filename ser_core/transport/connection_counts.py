"""How many stream connections the whole program holds, in all and from one source address.

A page that all processes share, made before the fork, so that a limit holds for the program and
not for each receiver. Each process writes its own row only; readers sum. A row is two tables of
cells, and a source counts in one cell of each. The lesser of its two sums is never too low, and
much too high only when it shares both cells with busy sources: rare as long as these are dozens,
and nothing that an address could be picked for, since a secret decides who shares with whom.
"""

from __future__ import annotations

import mmap
import secrets
from hashlib import blake2b

CELLS = 4096
"""Per table."""
_BYTES = 4
_TOTAL = 0
_FIRST = 1
_SECOND = _FIRST + CELLS
_WIDTH = _SECOND + CELLS
_KEY_SIZE = 16

Cells = tuple[int, int]
"""Where a source counts, within a row."""


class ConnectionCounts:
    """The page: a row for each process."""

    def __init__(self, processes: int = 1) -> None:
        self._processes = processes
        page = mmap.mmap(-1, processes * _WIDTH * _BYTES)
        self._cells = memoryview(page).cast("i")
        self._key = secrets.token_bytes(_KEY_SIZE)

    def cells_of(self, source: str) -> Cells:
        """Where `source`, the text of an address, counts."""
        digest = blake2b(source.encode(), digest_size=4, key=self._key).digest()
        number = int.from_bytes(digest)
        return _FIRST + number % CELLS, _SECOND + (number >> 16) % CELLS

    def add(self, process: int, number: int) -> None:
        """`process` holds so many more connections, or fewer, in all."""
        self._cells[process * _WIDTH + _TOTAL] += number

    def add_from(self, process: int, cells: Cells, number: int) -> None:
        """`process` holds so many more connections, or fewer, from the source with `cells`."""
        row = process * _WIDTH
        for cell in cells:
            self._cells[row + cell] += number

    def total(self) -> int:
        """The connections of all processes."""
        return sum(self._cells[_TOTAL::_WIDTH])

    def from_source(self, cells: Cells) -> int:
        """The connections of all processes from the source with `cells`."""
        first, second = cells
        return min(sum(self._cells[first::_WIDTH]), sum(self._cells[second::_WIDTH]))

    def clear(self, process: int) -> None:
        """That process has ended, and the kernel has closed its connections."""
        row = slice(process * _WIDTH, (process + 1) * _WIDTH)
        self._cells[row] = memoryview(bytes(_WIDTH * _BYTES)).cast("i")

"""A byte stream cut into lines, of which none is longer than is good for us. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from ser_core.fifo.protocol import BLANKS

LONGEST_LINE = 65_536
"""Bytes, the newline not counted."""


class LineReader:
    """Keeps what hasn't got its newline yet."""

    def __init__(self) -> None:
        self._part = bytearray()
        self._is_too_long = False
        """Of the line that `_part` begins; what else comes of it is dropped."""

    @property
    def has_part_of_a_line(self) -> bool:
        return bool(self._part) or self._is_too_long

    def clear(self) -> None:
        """Forget the line that has begun."""
        self._part.clear()
        self._is_too_long = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that `data` completes, stripped on the right as SER does.

        None stands for a line that is too long, as soon as that is known.
        """
        *whole, rest = data.split(b"\n")
        for end in whole:
            yield from self._add(end)
            if not self._is_too_long:
                yield bytes(self._part).rstrip(BLANKS)
            self.clear()
        yield from self._add(rest)

    def _add(self, piece: bytes) -> Iterator[None]:
        if self._is_too_long:
            return
        if len(self._part) + len(piece) <= LONGEST_LINE:
            self._part += piece
            return
        self._part.clear()
        self._is_too_long = True
        yield None

"""How many requests each address has sent lately, counted by all processes together.

A count-min sketch in a file that they have all mapped: each address has one counter in each of two
rows, found by a keyed hash; the smaller one counts. So memory is bounded, there is nothing to clear
away, and an innocent address is taken for a flooding one only when it shares both counters with
such. Two processes that count in the same one at once may lose a request, which doesn't matter.
"""

from __future__ import annotations

import mmap
import os
from hashlib import blake2b
from struct import Struct

ROWS = 2
SLOTS = 1 << 16
MOST = 0xFFFF
_SLOT = Struct("=IHH")
"""The unit of time it was used in last, the count in that unit, and in the one before."""
_CACHED = 4096
"""Addresses whose places are remembered."""


class SharedCounts:
    """The counters of one ser. The file is made by whoever comes first."""

    def __init__(self, path: str, key: bytes) -> None:
        """`key`: the same in all processes, and known to nobody else. Raises OSError."""
        self._key = key[:64]
        self._places: dict[str, list[int]] = {}
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, ROWS * SLOTS * _SLOT.size)
            self._counts = mmap.mmap(descriptor, ROWS * SLOTS * _SLOT.size)
        finally:
            os.close(descriptor)

    def add(self, address: str, unit: int) -> int:
        """Count a request of `address` in this unit of time: how many it were in it or in the one
        before, whichever were more."""
        unit &= 0xFFFFFFFF
        return min(self._add_at(place, unit) for place in self._places_of(address))

    def _add_at(self, place: int, unit: int) -> int:
        now: int
        before: int
        last, now, before = _SLOT.unpack_from(self._counts, place)
        if last != unit:
            now, before = 0, now if last == unit - 1 else 0
        now = min(now + 1, MOST)
        _SLOT.pack_into(self._counts, place, unit, now, before)
        return max(now, before)

    def _places_of(self, address: str) -> list[int]:
        places = self._places.get(address)
        if places is None:
            if len(self._places) >= _CACHED:
                self._places.clear()
            digest = blake2b(address.encode(), key=self._key, digest_size=4 * ROWS).digest()
            places = self._places[address] = [
                (row * SLOTS + int.from_bytes(digest[4 * row : 4 * row + 4]) % SLOTS) * _SLOT.size
                for row in range(ROWS)
            ]
        return places

    def close(self) -> None:
        """Give the mapping back; the file stays for the others."""
        self._counts.close()

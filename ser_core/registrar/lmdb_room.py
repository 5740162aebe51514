"""How much room there is for the location table: in its map, and in the file system.

Refreshes, removals and expiry must go on when no further binding can be taken, so growth stops
while enough is left for them. With a writable map, a full file system would be a signal instead of
an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import lmdb

from ser_core.registrar.location import LocationFull

RESERVE = 16
"""One part in so many of the map is kept for what makes room."""
MIN_RESERVE = 1 << 20
"""Bytes of it at least: a slice of the expiry writes each page that it touches anew."""
MIN_FREE_SPACE = 4 << 20
"""Bytes that must be free in the file system for another binding to be stored."""
GROWTHS_PER_LOOK = 64
"""New bindings between two looks at the free space; at their longest they take 1 MiB."""


class Room:
    """What is left in one file, for one process.

    It doesn't keep the environment: who forks drops all references to it, for it mustn't live on
    in the child.
    """

    __slots__ = (
        "_growths",
        "_page_size",
        "_path",
        "_reserved_from",
        "has_marks",
    )

    def __init__(self, environment: lmdb.Environment, path: str) -> None:
        self._path = path
        self._growths = 0
        map_size = environment.info()["map_size"]
        self._reserved_from = map_size - max(map_size // RESERVE, MIN_RESERVE)
        self._page_size = environment.stat()["psize"]
        self.has_marks = False
        """Some domain's changes are marked, which takes room, too."""

    def make_sure(
        self,
        environment: lmdb.Environment,
        pages_in_use: Callable[[], int],
        *,
        reserve: bool = True,
    ) -> None:
        """Raise LocationFull unless another binding leaves enough room to refresh and remove.

        A mark of an older binding may take of that room (not of `reserve`), but not all of it.
        """
        if not self._growths % GROWTHS_PER_LOOK:
            self._look_at_file_system(MIN_FREE_SPACE if reserve else MIN_FREE_SPACE // 2)
        self._growths += 1
        limit = self._reserved_from
        if self.has_marks and reserve:
            limit = limit // 5 * 4
        if environment.info()["last_pgno"] * self._page_size > limit:
            # The map has been in use to its end once; count what is in use now.
            pages = pages_in_use()
            if pages * self._page_size > limit:
                raise LocationFull(f"{self._path} is full: {pages} pages are in use")

    def _look_at_file_system(self, wanted: int) -> None:
        space = os.statvfs(os.path.dirname(self._path) or ".")
        if space.f_bavail * space.f_frsize < wanted:
            raise LocationFull(f"the file system of {self._path} is full")

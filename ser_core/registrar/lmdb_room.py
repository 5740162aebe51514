"""How much room there is for the location table: in its map, and in the file system.

LMDB writes each page that it changes anew, so even whoever removes something needs room. The map
is filled in three steps, so that a full table refuses what is new and everything else goes on:

* new bindings, up to `Room.for_new`;
* what is there and takes more than before (a phone that comes back with a longer Call-ID, or the
  first mark of a record, see `marks`), up to `Room.for_known`;
* the rest is for removal and expiry, which ask nobody.

With a writable map a full file system is SIGBUS instead of an error, and would kill one receiver
after the other. So the file's blocks are taken ahead of need, where that can still be refused.
"""

from __future__ import annotations

import os
from typing import Final

import lmdb

from ser_core.registrar.lmdb_file import LmdbFile
from ser_core.registrar.location import LocationFull

RESERVE: Final = 16
"""One part in so many of the map is not for new bindings."""
MIN_RESERVE: Final = 1 << 20
"""Bytes of it at least: a slice of the expiry writes each page that it touches anew."""
AHEAD: Final = 4 << 20
"""Bytes of the file that are ours before they are needed, in step with the table's growth."""
STEP: Final = 1 << 20
"""Bytes that are taken more than that, so that they needn't be taken often."""
LOOK_EVERY: Final = 32 << 10
"""Bytes that may be stored between two looks: what 64 processes store unseen fits into AHEAD."""
ENTRY: Final = 1 << 10
"""What a value counts for beside its bytes: its key in three databases, pages that aren't full."""
LARGE: Final = 256 << 10
"""A value of so many bytes has pages of its own, side by side, and each change makes new ones."""


class Allowance:
    """What may be stored for one purpose: a look at the room, now and then."""

    __slots__ = ("_room", "_taken", "limit")

    def __init__(self, room: Room, limit: int) -> None:
        self._room = room
        self._taken = LOOK_EVERY
        self.limit = limit
        """Bytes of the map that may be in use."""

    def make_sure(self, txn: lmdb.Transaction, size: int) -> None:
        """Raise LocationFull unless there is room for a value of `size` bytes."""
        self._taken += size + ENTRY
        if self._taken > LOOK_EVERY:
            taken, self._taken = self._taken, LOOK_EVERY  # the next one looks, too
            self._room.make_sure(txn, taken, self.limit)
            self._taken = 0


class Room:
    """What is left in one file, for one process."""

    __slots__ = (
        "_databases",
        "_file",
        "_in_transaction",
        "_map_size",
        "_page_size",
        "_taken_to",
        "_transaction",
        "for_known",
        "for_new",
    )

    def __init__(self, file: LmdbFile) -> None:
        """Raises LocationFull when the file is new and gets no blocks."""
        self._file = file
        self._databases: list[lmdb._Database] = []
        self._map_size: int = file.environment.info()["map_size"]
        self._page_size: int = file.environment.stat()["psize"]
        self._taken_to = 0
        self._transaction = self._in_transaction = 0
        reserve = max(self._map_size // RESERVE, MIN_RESERVE)
        self.for_new = Allowance(self, self._map_size - reserve)
        self.for_known = Allowance(self, self._map_size - reserve // 2)
        if self._is_new():
            self._take_blocks(AHEAD)

    def count(self, *databases: lmdb._Database) -> None:
        """Their pages are in use, too."""
        self._databases += databases

    def keep_for_marks(self) -> None:
        """Changes are marked: when the last new binding has come, each record may still get one."""
        reserve = max(self._map_size // RESERVE, MIN_RESERVE)
        self.for_new.limit = (self._map_size - reserve) // 5 * 4

    def make_sure(self, txn: lmdb.Transaction, size: int, limit: int) -> None:
        """Raise LocationFull unless `size` more bytes have blocks and stay below the limit."""
        if txn.id() != self._transaction:
            self._transaction, self._in_transaction = txn.id(), 0
        self._in_transaction += size
        # What this transaction has stored is behind the last page that LMDB tells; in trees whose
        # pages are half full it takes twice its bytes.
        end = self._end() + 2 * self._in_transaction
        self._take_blocks(end + AHEAD)
        if end > limit:
            # The map has been in use up to there once; count what is in use now.
            in_use = self._pages_in_use(txn) * self._page_size
            if in_use + size > limit:
                raise LocationFull(f"{self._file.path} is full: {in_use} bytes are in use")

    def _is_new(self) -> bool:
        last: int = self._file.environment.info()["last_pgno"]
        return last <= 1  # there are two pages that tell where the others are

    def _end(self) -> int:
        """Where the pages end that have ever been in use, in bytes."""
        last: int = self._file.environment.info()["last_pgno"]
        return (last + 1) * self._page_size

    def _take_blocks(self, wanted: int) -> None:
        """Have the file system give all up to there, and some more."""
        have = max(self._taken_to, self._end())
        if min(wanted, self._map_size) > have:
            upto = min(wanted + STEP, self._map_size)
            try:
                _allocate(self._file.path, have, upto - have)
            except OSError as error:
                raise LocationFull(
                    f"the file system gives {self._file.path} no room: {error.strerror}"
                ) from error
            self._taken_to = upto

    def _pages_in_use(self, txn: lmdb.Transaction) -> int:
        pages = 0
        for database in self._databases:
            stat = txn.stat(database)
            pages += stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"]
        return pages


def _allocate(path: str, offset: int, length: int) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(descriptor, offset, length)
    finally:
        os.close(descriptor)

"""One domain of the location table: its databases, and how a record changes in them.

* DOMAIN: from address-of-record to `Record`;
* DOMAIN/due: keys are a time followed by an address-of-record. Each record with a binding that can
  expire has one entry, at that binding's time *or earlier*: a refresh, which only moves the time
  on, leaves the entry where it is, and the expiry puts it right when it comes to it. Measured: that
  makes a refresh 2.8 µs instead of 4.9;
* DOMAIN/unwritten, where registrations are kept in a database, too: see `marks`;
* in the unnamed database, #DOMAIN with the numbers of bindings and of expired ones.

The transactions are the caller's, with DOMAIN as their own database. What one leaves undone, by an
error or by the end of its process, hasn't happened in any of the databases.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

import lmdb

from ser_core.registrar.lmdb_records import (
    EMPTY_AOR,
    Record,
    earliest_expiry,
    encode,
    read_record,
)
from ser_core.registrar.lmdb_room import LARGE, Room
from ser_core.registrar.location import NEVER, Binding, Change, Totals
from ser_core.registrar.marks import Mark, Marks, Snapshot

TIME: Final = struct.Struct(">d")  # positive floats sort like their big-endian bytes
_TOTALS: Final = struct.Struct("<QQ")
_NO_TOTALS: Final = bytes(_TOTALS.size)


class Table:
    """The databases of one domain, as one process has them open."""

    __slots__ = ("_due", "_main", "_room", "_totals_key", "marks", "name", "records")

    def __init__(
        self,
        name: str,
        records: lmdb._Database,
        due: lmdb._Database,
        main: lmdb._Database,
        room: Room,
    ) -> None:
        self.name = name
        self.records = records
        """What transactions on this table have as their own database."""
        self._due = due
        self._main = main
        self._room = room
        self._totals_key = b"#" + name.encode()
        self.marks: Marks | None = None
        """None: nobody asks what has changed."""

    def read(self, txn: lmdb.Transaction, key: bytes) -> list[Binding]:
        """The bindings of a record; none when there is no such record."""
        value = txn.get(key)
        return [] if value is None else read_record(value).bindings

    def change(
        self, txn: lmdb.Transaction, key: bytes, change: Change, *, mark: bool = True
    ) -> list[Binding]:
        """Replace a record by what `change` makes of it; return that.

        Raises LocationFull when it takes more room than before and there is none, LocationError for
        a record that can't be read, and what `change` raises.
        """
        value = txn.get(key)
        if value is None:
            record, size = Record(NEVER, []), 0
        else:
            record, size = read_record(value), len(value)
        stored = record.bindings
        changed = change(stored)
        if changed is not stored:
            self.store(txn, key, record, size, changed, mark=mark)
        return changed

    def store(
        self,
        txn: lmdb.Transaction,
        key: bytes,
        old: Record,
        size: int,
        bindings: list[Binding],
        *,
        mark: bool = True,
        expired: int = 0,
    ) -> None:
        """Write what has become of a record: itself, its entry in DOMAIN/due, mark and totals.

        `size` is that of the old one, in bytes; `expired` is how many bindings ran out.
        """
        due, earliest = old.due, earliest_expiry(bindings)
        if due != earliest and not NEVER < due < earliest:
            self._move_due(txn, key, due, earliest)
            due = earliest
        added = len(bindings) - len(old.bindings)
        if bindings:
            value = encode(Record(due, bindings))
            if len(value) > size or size > LARGE:
                room = self._room
                (room.for_new if added > 0 else room.for_known).make_sure(txn, len(value))
            txn.put(key, value)
        else:
            txn.delete(key)
        if mark and self.marks is not None:
            self._mark(txn, self.marks, key, bindings)
        if added or expired:
            totals = txn.get(self._totals_key, _NO_TOTALS, self._main)
            contacts, total_expired = _TOTALS.unpack(totals)
            totals = _TOTALS.pack(contacts + added, total_expired + expired)
            txn.put(self._totals_key, totals, db=self._main)

    def _move_due(self, txn: lmdb.Transaction, key: bytes, due: float, earliest: float) -> None:
        if due != NEVER:
            txn.delete(TIME.pack(due) + key, db=self._due)
        if earliest != NEVER:
            txn.put(TIME.pack(earliest) + key, b"", db=self._due)

    def _mark(
        self, txn: lmdb.Transaction, marks: Marks, key: bytes, bindings: list[Binding]
    ) -> None:
        # A record that goes makes more room than its mark takes.
        if bindings and not marks.get(txn, key):
            self._room.for_known.make_sure(txn, 0)
        marks.put(txn, key)

    def due(self, txn: lmdb.Transaction) -> lmdb.Cursor:
        """Over DOMAIN/due."""
        return txn.cursor(self._due)

    def totals(self, txn: lmdb.Transaction) -> Totals:
        """See `Location.totals`."""
        totals = txn.get(self._totals_key, _NO_TOTALS, self._main)
        contacts, expired = _TOTALS.unpack(totals)
        return Totals(txn.stat(self.records)["entries"], contacts, expired)

    def snapshots(self, txn: lmdb.Transaction, aors: Iterable[bytes]) -> list[Snapshot]:
        """Of these records those that are marked."""
        found: list[Snapshot] = []
        if self.marks is not None:
            for aor in aors:
                key = aor or EMPTY_AOR
                if stamp := self.marks.get(txn, key):
                    found.append(Snapshot(Mark(self.name, aor, stamp), self.read(txn, key)))
        return found

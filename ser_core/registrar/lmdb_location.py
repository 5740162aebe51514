"""The location table that all processes share.

Here is what can be asked of it: each method is one transaction. What stands where in its databases
tells `lmdb_table`, how they come to be open `lmdb_file` and `lmdb_tables`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import lmdb

from ser_core.registrar import lmdb_expiry, lmdb_pages
from ser_core.registrar.lmdb_file import MAP_SIZE, LmdbFile
from ser_core.registrar.lmdb_records import EMPTY_AOR, read_record, translated
from ser_core.registrar.lmdb_table import Table
from ser_core.registrar.lmdb_tables import Tables
from ser_core.registrar.location import (
    Binding,
    Change,
    Expired,
    ExpirySlice,
    LocationFull,
    Passed,
    Totals,
)
from ser_core.registrar.marks import Mark, Snapshot

SMALLER = 8
"""A slice of the expiry that doesn't fit is tried again with one record for so many."""


class LmdbLocation:
    """A `Location` on a file that several processes open. Make it with `open`."""

    def __init__(self, file: LmdbFile) -> None:
        """Raises LocationFull when the file is new and there is no space for it."""
        self._file = file
        self._tables = Tables(file)

    @classmethod
    def open(cls, path: str, map_size: int = MAP_SIZE) -> LmdbLocation:
        """Open the file, or make it; beside it stands `path`-lock. Raises LocationError.

        To be called in each process after the fork, once.
        """
        return cls(LmdbFile.open(path, map_size))

    @staticmethod
    def remove(path: str) -> None:
        """Delete the files that a daemon that has ended left; nobody may have them open."""
        LmdbFile.remove(path)

    def close(self) -> None:
        """Give the file up; whatever is called afterwards raises LocationError."""
        self._file.close()

    def add_domain(self, domain: str) -> None:
        """Make a domain known to all processes."""
        self._tables.add(domain)

    def domains(self) -> list[str]:
        """The domains that any process has made."""
        return self._tables.names()

    # -- one record ------------------------------------------------------------------------------

    # These two are what calls and registrations wait for, so each says itself what `reading` and
    # `writing` stand for. Measured: some 0.1 µs less of 1.0 and of 2.6.

    def get(self, domain: str, aor: bytes) -> list[Binding]:
        """See `Location.get`."""
        table = self._tables[domain]
        try:
            txn = self._file.begin(table.records)
            try:
                value = txn.get(aor or EMPTY_AOR)
            finally:
                txn.abort()
        except lmdb.Error as error:
            raise translated(error) from error
        return [] if value is None else read_record(value).bindings

    def update(self, domain: str, aor: bytes, change: Change) -> list[Binding]:
        """See `Location.update`."""
        table = self._tables[domain]
        try:
            txn = self._file.begin(table.records, None, True)
            try:
                changed = table.change(txn, aor or EMPTY_AOR, change)
            except BaseException:
                txn.abort()
                raise
            txn.commit()
        except lmdb.Error as error:
            raise translated(error) from error
        return changed

    def delete(self, domain: str, aor: bytes) -> bool:
        """See `Location.delete`."""
        was_there = False

        def remove(stored: list[Binding]) -> list[Binding]:
            nonlocal was_there
            was_there = bool(stored)
            return [] if stored else stored

        self.update(domain, aor, remove)
        return was_there

    # -- many records ----------------------------------------------------------------------------

    def totals(self, domain: str) -> Totals:
        """See `Location.totals`."""
        table = self._tables[domain]
        with self._file.reading() as txn:
            return table.totals(txn)

    def page(
        self, domain: str, after: bytes | None, limit: int, *, backwards: bool = False
    ) -> list[tuple[bytes, list[Binding]]]:
        """See `Location.page`."""
        table = self._tables[domain]
        with self._file.reading(table.records) as txn:
            return lmdb_pages.page(txn.cursor(), after, limit, backwards=backwards)

    def skip(
        self,
        domain: str,
        after: bytes | None,
        bindings: int,
        limit: int,
        *,
        backwards: bool = False,
    ) -> Passed:
        """See `Location.skip`."""
        table = self._tables[domain]
        with self._file.reading(table.records) as txn:
            return lmdb_pages.skip(txn.cursor(), after, bindings, limit, backwards=backwards)

    def fill(
        self,
        domain: str,
        records: Iterable[tuple[bytes, list[Binding]]],
        combine: Callable[[list[Binding], list[Binding]], list[Binding]],
    ) -> None:
        """Store many records at once, without marks; `combine` joins what is there and what comes.

        Raises LocationFull, and then none of them is stored.
        """
        table = self._tables[domain]
        with self._file.writing(table.records) as txn:
            for aor, bindings in records:

                def change(
                    stored: list[Binding], bindings: list[Binding] = bindings
                ) -> list[Binding]:
                    return combine(stored, bindings)

                table.change(txn, aor or EMPTY_AOR, change, mark=False)

    def expire(self, now: float, limit: int) -> ExpirySlice:
        """See `Location.expire`. Looks for dead readers, too, now and then."""
        self._file.sweep(now)
        removed: list[Expired] = []
        for table in self._tables.values():
            with self._file.reading() as txn:  # a look that keeps no writer waiting
                is_due = lmdb_expiry.is_due(txn, table, now)
            if is_due:
                looked_at, of_table = self._expire(table, now, limit)
                removed += of_table
                limit -= looked_at
            if limit <= 0:
                return ExpirySlice(removed, True)
        return ExpirySlice(removed, False)

    def _expire(self, table: Table, now: float, limit: int) -> tuple[int, list[Expired]]:
        """What `lmdb_expiry.expire` does, with fewer records when there is no room for so many."""
        try:
            with self._file.writing(table.records) as txn:
                return lmdb_expiry.expire(txn, table, now, limit)
        except LocationFull:
            if limit == 1:
                raise
        _, removed = self._expire(table, now, max(limit // SMALLER, 1))
        return limit, removed  # the others have to wait for their turn

    # -- what a database doesn't have yet --------------------------------------------------------

    def mark_changes(self, domain: str) -> None:
        """Have changes of records marked, in every process that opens the domain afterwards."""
        self._tables.mark_changes(domain)

    def marks_changes(self, domain: str) -> bool:
        """Whether changes are marked."""
        return self._tables[domain].marks is not None

    def unwritten(self, domain: str) -> int:
        """How many records are marked."""
        marks = self._tables[domain].marks
        with self._file.reading() as txn:
            return 0 if marks is None else marks.number(txn)

    def is_unwritten(self, domain: str, aor: bytes) -> bool:
        """Whether a record is marked."""
        marks = self._tables[domain].marks
        with self._file.reading() as txn:
            return marks is not None and bool(marks.get(txn, aor or EMPTY_AOR))

    def last_change(self) -> int:
        """A number that marks of later changes are above."""
        return self._file.last_change()

    def marked(self, domain: str, after: bytes | None, limit: int, until: int) -> list[Mark]:
        """Up to `limit` marks behind `after`, in the order of their addresses-of-record.

        Only those whose mark isn't above `until`.
        """
        marks = self._tables[domain].marks
        with self._file.reading() as txn:
            return [] if marks is None else marks.page(txn, after, limit, until)

    def snapshots(self, domain: str, aors: Sequence[bytes]) -> list[Snapshot]:
        """Of these records those that are marked, as they are at one moment. Any thread may ask."""
        table = self._tables[domain]
        with self._file.reading(table.records) as txn:
            return table.snapshots(txn, aors)

    def unmark(self, marks: Sequence[Mark]) -> None:
        """They are written: take the marks away of those that haven't changed since."""
        found = [(self._tables[mark.domain].marks, mark) for mark in marks]
        with self._file.writing() as txn:
            for of_table, mark in found:
                if of_table is not None:
                    of_table.remove(txn, mark.aor or EMPTY_AOR, mark.stamp)

"""One domain of the location table as its own tests see it: below `LmdbLocation`."""

from __future__ import annotations

from ser_core.registrar.lmdb_file import LmdbFile
from ser_core.registrar.lmdb_table import TIME, Table
from ser_core.registrar.lmdb_tables import Tables
from ser_core.registrar.location import Binding, Change, Totals
from ser_core.registrar.marks import Snapshot


class OneTable:
    """A table, and a transaction for each thing that is done with it."""

    def __init__(self, file: LmdbFile) -> None:
        self.file = file
        self.tables = Tables(file)
        self.tables.add("location")

    @property
    def table(self) -> Table:
        return self.tables["location"]

    def change(self, key: bytes, change: Change) -> None:
        with self.file.writing(self.table.records) as txn:
            self.table.change(txn, key, change)

    def put(self, key: bytes, *bindings: Binding) -> None:
        self.change(key, lambda stored: list(bindings))

    def read(self, key: bytes) -> list[Binding]:
        with self.file.reading(self.table.records) as txn:
            return self.table.read(txn, key)

    def due(self) -> list[tuple[float, bytes]]:
        """The entries of DOMAIN/due."""
        with self.file.reading() as txn:
            keys = [bytes(key) for key in self.table.due(txn).iternext(values=False)]
        return [(TIME.unpack_from(key)[0], key[TIME.size :]) for key in keys]

    def totals(self) -> Totals:
        with self.file.reading() as txn:
            return self.table.totals(txn)

    def snapshots(self, *aors: bytes) -> list[Snapshot]:
        with self.file.reading(self.table.records) as txn:
            return self.table.snapshots(txn, aors)

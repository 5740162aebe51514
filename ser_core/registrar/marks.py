"""Marks in the location table: which records a database doesn't have as they are.

A mark is made in the transaction that changes the record, so neither is there without the other,
whoever is killed when. It holds that transaction's number: whoever has written the record takes the
mark away only if the number is still the same. There is at most one for each address-of-record, so
what can't be written takes no more room than the table itself.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import lmdb

from ser_core.registrar.lmdb_pages import go_behind
from ser_core.registrar.lmdb_records import aor_of
from ser_core.registrar.location import Binding

STAMP = struct.Struct(">Q")


class Mark(NamedTuple):
    """A record that has changed."""

    domain: str
    aor: bytes
    stamp: bytes
    """Which change it was."""


class Snapshot(NamedTuple):
    """A marked record as it was when it was read."""

    mark: Mark
    bindings: list[Binding]


class Marks:
    """Those of one domain. Keys are the location table's; the transactions are the caller's."""

    __slots__ = ("_domain", "handle")

    def __init__(self, domain: str, handle: lmdb._Database) -> None:
        self._domain = domain
        self.handle = handle

    @classmethod
    def open(
        cls, environment: lmdb.Environment, txn: lmdb.Transaction, domain: str
    ) -> Marks | None:
        """None when nobody has made them."""
        try:
            return cls(domain, environment.open_db(_name(domain), txn=txn, create=False))
        except lmdb.NotFoundError:
            return None

    @classmethod
    def make(cls, environment: lmdb.Environment, txn: lmdb.Transaction, domain: str) -> Marks:
        """Those that are there, or none at first."""
        return cls(domain, environment.open_db(_name(domain), txn=txn))

    def put(self, txn: lmdb.Transaction, key: bytes) -> None:
        """The record has changed in this transaction."""
        txn.put(key, STAMP.pack(txn.id()), db=self.handle)

    def get(self, txn: lmdb.Transaction, key: bytes) -> bytes:
        """The stamp of a mark; empty when there is none."""
        return bytes(txn.get(key, b"", self.handle))

    def remove(self, txn: lmdb.Transaction, key: bytes, stamp: bytes) -> None:
        """Take the mark away unless there is a newer one."""
        if self.get(txn, key) == stamp:
            txn.delete(key, db=self.handle)

    def number(self, txn: lmdb.Transaction) -> int:
        """How many there are."""
        entries: int = txn.stat(self.handle)["entries"]
        return entries

    def page(
        self, txn: lmdb.Transaction, after: bytes | None, limit: int, until: int
    ) -> list[Mark]:
        """Up to `limit` marks behind that of `after`, in the order of their addresses-of-record.

        Only those of changes that were made by `until` (see `LmdbLocation.last_change`).
        """
        found: list[Mark] = []
        cursor = txn.cursor(self.handle)
        more = go_behind(cursor, after, backwards=False)
        while more and len(found) < limit:
            stamp = bytes(cursor.value())
            if STAMP.unpack(stamp)[0] <= until:
                found.append(Mark(self._domain, aor_of(cursor.key()), stamp))
            more = cursor.next()
        return found


def _name(domain: str) -> bytes:
    return domain.encode() + b"/unwritten"

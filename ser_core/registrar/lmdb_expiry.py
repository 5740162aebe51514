"""Taking out of one domain what is over.

DOMAIN/due tells which records to look at: those whose entry's time has come. An entry may stand too
early (see `lmdb_table`); then nothing is over yet, and the entry moves to where it belongs.
"""

from __future__ import annotations

import lmdb

from ser_core.registrar.lmdb_records import Record, aor_of, read_record
from ser_core.registrar.lmdb_table import TIME, Table
from ser_core.registrar.location import NEVER, Expired


def is_due(txn: lmdb.Transaction, table: Table, now: float) -> bool:
    """True when the first entry's time has come."""
    cursor = table.due(txn)
    return cursor.first() and TIME.unpack_from(cursor.key())[0] <= now


def expire(
    txn: lmdb.Transaction, table: Table, now: float, limit: int
) -> tuple[int, list[Expired]]:
    """Look at up to `limit` records that are due at `now`: how many, and what has been removed."""
    looked_at = 0
    removed: list[Expired] = []
    cursor = table.due(txn)
    while looked_at < limit and cursor.first():
        entry = bytes(cursor.key())
        if TIME.unpack_from(entry)[0] > now:
            break
        cursor.delete()
        key = entry[TIME.size :]
        value = txn.get(key)
        if value is not None:
            _expire_record(txn, table, key, value, now, removed)
        looked_at += 1
    return looked_at, removed


def _expire_record(
    txn: lmdb.Transaction,
    table: Table,
    key: bytes,
    value: bytes | memoryview,
    now: float,
    removed: list[Expired],
) -> None:
    """Drop what is over; give the record an entry anew, now that the one that led here is gone."""
    bindings = read_record(value).bindings
    gone = [binding for binding in bindings if not binding.is_valid(now)]
    all_gone = len(gone) == len(bindings)
    kept = [] if all_gone else [binding for binding in bindings if binding.is_valid(now)]
    old = Record(NEVER, bindings)
    table.store(txn, key, old, len(value), kept, mark=bool(gone), expired=len(gone))
    aor = aor_of(key)
    removed += [Expired(table.name, aor, binding) for binding in gone]

"""Going through a domain in the order of its addresses-of-record, some at a time.

Each piece is a short read of its own, which begins behind the last key of the one before: a read
that went on for long would keep LMDB from using old pages again. So whoever comes or goes meanwhile
is seen or not, and everybody else exactly once.
"""

from __future__ import annotations

import itertools

import lmdb

from ser_core.registrar.lmdb_records import EMPTY_AOR, aor_of, number_of_bindings, read_record
from ser_core.registrar.location import Binding, Passed


def go_behind(cursor: lmdb.Cursor, aor: bytes | None, *, backwards: bool) -> bool:
    """Go to the record behind that of `aor`, None: to the first one; False: there is none.

    Backwards, what comes before is behind.
    """
    if aor is None:
        return cursor.last() if backwards else cursor.first()
    if backwards:
        return cursor.prev() if cursor.set_range(aor or EMPTY_AOR) else cursor.last()
    # The key that follows directly: one more zero byte. EMPTY_AOR itself is a zero byte.
    more = cursor.set_range(aor + b"\0")
    if aor == b"" and more and cursor.key() == EMPTY_AOR:
        more = cursor.next()
    return more


def page(
    cursor: lmdb.Cursor, after: bytes | None, limit: int, *, backwards: bool
) -> list[tuple[bytes, list[Binding]]]:
    """See `Location.page`."""
    found: list[tuple[bytes, list[Binding]]] = []
    step = cursor.prev if backwards else cursor.next
    more = go_behind(cursor, after, backwards=backwards)
    while more and len(found) < limit:
        found.append((aor_of(cursor.key()), read_record(cursor.value()).bindings))
        more = step()
    return found


def skip(
    cursor: lmdb.Cursor, after: bytes | None, bindings: int, limit: int, *, backwards: bool
) -> Passed:
    """See `Location.skip`. Only the number of bindings is read: measured, 0.25 µs for a record
    instead of 0.6."""
    left = bindings
    if go_behind(cursor, after, backwards=backwards):
        every = cursor.iterprev() if backwards else cursor.iternext()
        for key, value in itertools.islice(every, limit):
            number = number_of_bindings(value)
            if number > left:
                break
            left -= number
            after = aor_of(key)
    return Passed(after, bindings - left)

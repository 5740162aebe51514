"""Going through a whole table without holding anybody up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_core.fifo.declarations import Control
    from ser_core.registrar.location import Binding

RECORDS_PER_SLICE = 250
"""Records between two pauses: 1 to 2 ms of work, whatever is done with them."""


def slices(
    control: Control, table: str, after: bytes | None = None, *, backwards: bool = False
) -> Iterator[list[tuple[bytes, list[Binding]]]]:
    """All records in the order of their addresses-of-record, with a pause behind each slice.

    `after`: only those behind this one.

    Each slice is one short read, which begins behind the last key of the one before: a read that
    went on over the pauses would keep the store from using old pages again. So whoever comes or
    goes meanwhile is seen or not, and everybody else exactly once.
    """
    while records := control.location.page(table, after, RECORDS_PER_SLICE, backwards=backwards):
        yield records
        after = records[-1][0]
        control.pause()

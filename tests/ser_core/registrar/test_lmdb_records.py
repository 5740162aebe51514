"""How records stand in LMDB."""

from __future__ import annotations

import lmdb
import pytest

from ser_core.registrar.bindings import permanent
from ser_core.registrar.lmdb_records import (
    Record,
    earliest_expiry,
    encode,
    number_of_bindings,
    read_record,
    translated,
)
from ser_core.registrar.location import NEVER, LocationError, LocationFull
from tests.support.registrar import START, binding


def test_the_earliest_expiry_is_that_of_the_first_to_go() -> None:
    assert earliest_expiry([]) == NEVER
    assert earliest_expiry([permanent(b"sip:a@h", START)]) == NEVER
    mixed = [permanent(b"sip:a@h", START), binding(expires_at=20.0), binding(expires_at=10.0)]
    assert earliest_expiry(mixed) == 10.0


@pytest.mark.parametrize("due", [NEVER, 1.0, START])
@pytest.mark.parametrize("number", [0, 1, 2, 15, 16, 17, 255, 256, 65_535, 65_536])
def test_bindings_are_counted_without_reading_them(number: int, due: float) -> None:
    record = Record(due, [binding()] * number)
    assert number_of_bindings(encode(record)) == number


def test_a_record_comes_back_as_it_was() -> None:
    record = Record(START, [binding(), permanent(b"sip:a@h", START)])
    assert read_record(encode(record)) == record


def test_bytes_that_are_no_record_are_told() -> None:
    with pytest.raises(LocationError, match="damaged"):
        read_record(b"\xc1")


def test_errors_of_lmdb_are_told_as_ours() -> None:
    assert isinstance(translated(lmdb.MapFullError("x")), LocationFull)
    other = translated(lmdb.BadTxnError("x"))
    assert isinstance(other, LocationError)
    assert not isinstance(other, LocationFull)

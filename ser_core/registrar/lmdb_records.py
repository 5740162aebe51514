"""How a record of the location table stands in LMDB: its key and its bytes."""

from __future__ import annotations

from typing import Final

import lmdb
import msgspec

from ser_core.registrar.location import NEVER, Binding, LocationError, LocationFull

EMPTY_AOR: Final = b"\0"
"""Key of the empty address-of-record; LMDB has no empty keys."""


class Record(msgspec.Struct, array_like=True, gc=False):
    """What is stored for an address-of-record."""

    due: float
    """The time under which the record stands in DOMAIN/due; NEVER: it doesn't."""
    bindings: list[Binding]


encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


def aor_of(key: bytes | memoryview) -> bytes:
    """The address-of-record of a key. The other way it is `aor or EMPTY_AOR`."""
    return b"" if key == EMPTY_AOR else bytes(key)


def earliest_expiry(bindings: list[Binding]) -> float:
    """When the first of the bindings expires; NEVER if all are permanent or there are none."""
    if not bindings:
        return NEVER
    if len(bindings) == 1:
        return bindings[0].expires_at
    return min((b.expires_at for b in bindings if b.expires_at != NEVER), default=NEVER)


def read_record(value: bytes | memoryview) -> Record:
    """The record that `encode` made these bytes of. Raises LocationError."""
    try:
        return _decode(value)
    except msgspec.MsgspecError as error:
        raise LocationError(f"a record of the location table is damaged: {error}") from error


def number_of_bindings(value: bytes | memoryview) -> int:
    """How many bindings an encoded record has, without decoding it.

    In MessagePack a record is an array's head (1 byte), a float (9), and the head of an array that
    tells its length: 0x90 to 0x9f for up to 15 elements, else 0xdc or 0xdd and a number.
    """
    number = value[10] - 0x90
    if number <= 15:
        return number
    return int.from_bytes(value[11:13] if value[10] == 0xDC else value[11:15])


def translated(error: lmdb.Error) -> LocationError:
    """The error to raise instead."""
    if isinstance(error, lmdb.MapFullError):
        return LocationFull(f"the location table is full: {error}")
    return LocationError(f"the location table: {error}")

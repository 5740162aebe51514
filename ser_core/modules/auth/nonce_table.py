"""What all receivers remember of the nonces that were used: one LMDB file in the run directory.

Only a nonce of ours that came with a right response has an entry, so whoever knows no password
can't fill it. `nonce_count` has the rules. The file is emptied from its old end: each new entry
takes out up to two that have expired, and when there are MAX_NONCES, the oldest one.

Below them all stands the *floor*: nonces made before it are stale, whatever they are. It is the
time when the file was made, and rises with what is taken out. So nothing that has been forgotten
can be used again: neither a nonce that had to make room, nor one from before a restart under the
same secret. Phones whose nonces are below it need one more round. Where the clock can be set back,
as with a secret that several servers share, the floor goes back with it: else nobody would get in.

Unlike the location table it isn't written through the map, where a full file system is a signal
instead of an error (measured: 4.9 µs instead of 2.0 for a use).
"""

from __future__ import annotations

from typing import Final

import lmdb
import msgspec

from ser_core.errors import SerError
from ser_core.modules.auth.nonce_count import Outcome, Use, Uses, judge
from ser_core.modules.auth.nonces import CLOCK_SKEW, Nonce

MAX_NONCES: Final = 200_000
"""Entries; at nonce_expire 300 so many are 660 phones a second that begin anew."""
MAP_SIZE: Final = 192 << 20
"""Bytes; the file takes what it holds. An entry with all it can remember has 350."""
MAX_READERS: Final = 1024
_FLOOR: Final = b"\xff"  # behind all nonces, whose first byte is the highest of a time
_TIME_SIZE: Final = 6

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Uses).decode


class NonceTableError(SerError):
    """The table can't be read or written."""


class NonceTable:
    """The file as one process sees it. Make it with `open`, after the fork."""

    def __init__(self, environment: lmdb.Environment, max_nonces: int) -> None:
        self._env = environment
        self._max_nonces = max_nonces

    @classmethod
    def open(
        cls, path: str, now: int, *, max_nonces: int = MAX_NONCES, map_size: int = MAP_SIZE
    ) -> NonceTable:
        """Open the file, or make it: then `now` (ms) is the floor.

        Raises NonceTableError.
        """
        try:
            environment = lmdb.open(
                path,
                subdir=False,
                map_size=map_size,
                mode=0o600,
                max_readers=MAX_READERS,
                sync=False,
                metasync=False,
                readahead=False,
            )
            with environment.begin(write=True) as txn:
                txn.put(_FLOOR, now.to_bytes(_TIME_SIZE), overwrite=False)
        except lmdb.Error as error:
            raise NonceTableError(f"cannot open {path}: {error}") from error
        return cls(environment, max_nonces)

    def close(self) -> None:
        """Give the file up."""
        self._env.close()

    def use(self, nonce: Nonce, new: Use, lifetime: int) -> Outcome:
        """Use a nonce for a request, and remember it. Raises NonceTableError.

        See `nonce_count.judge`. Nonces older than `lifetime` (ms) may be forgotten.
        """
        try:
            with self._env.begin(write=True) as txn:
                floor = _read_floor(txn)
                if new.now + CLOCK_SKEW < floor:  # somebody has set the clock back
                    txn.put(_FLOOR, new.now.to_bytes(_TIME_SIZE))
                elif nonce.made_at < floor:
                    return Outcome.OLD
                value = txn.get(nonce.id)
                known = None if value is None else _decode(value)
                outcome, uses = judge(known, new)
                if uses is not None:
                    txn.put(nonce.id, _encode(uses))
                    if known is None:
                        self._forget(txn, new.now - lifetime)
        except (lmdb.Error, msgspec.MsgspecError) as error:
            raise NonceTableError(f"the table of nonces: {error}") from error
        return outcome

    def _forget(self, txn: lmdb.Transaction, expired: int) -> None:
        """Take out what was made before `expired`, two at most, and what is too much."""
        floor = 0
        too_many = txn.stat()["entries"] - 1 > self._max_nonces
        cursor = txn.cursor()
        for _ in range(2):
            cursor.first()
            made_at = _time_in(cursor.key())
            if cursor.key() == _FLOOR or not (too_many or made_at < expired):
                break
            cursor.delete()
            too_many = False
            floor = made_at + 1
        if floor > _read_floor(txn):
            txn.put(_FLOOR, floor.to_bytes(_TIME_SIZE))

    def __len__(self) -> int:
        """Nonces that are remembered."""
        return int(self._env.stat()["entries"]) - 1


def _time_in(key: bytes | memoryview) -> int:
    return int.from_bytes(key[:_TIME_SIZE])


def _read_floor(txn: lmdb.Transaction) -> int:
    return int.from_bytes(txn.get(_FLOOR, b""))

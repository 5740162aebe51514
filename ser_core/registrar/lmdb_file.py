"""The file of the location table: an LMDB environment that every process opens for itself.

Readers take no lock. Writers take turns; one that is killed inside its transaction leaves the table
as it was, because LMDB writes new pages beside the old ones and its lock tells the next writer that
the owner has died.

Nothing is synced: the run directory is a tmpfs, and what it holds shall not outlive the daemon.
The map is writable (measured: 3.9 µs to insert instead of 8.9, 2.8 to refresh instead of 6.7). Then
a full file system is a signal instead of an error; see `lmdb_room`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import weakref
from collections.abc import Callable, Iterator

import lmdb

from ser_core.registrar.lmdb_records import translated
from ser_core.registrar.location import LocationError

MAP_SIZE = 4 << 30 if sys.maxsize > 1 << 32 else 1 << 30
"""Bytes of address space; the file is sparse and takes what it holds."""
MAX_DOMAINS = 64
DATABASES_PER_DOMAIN = 3
MAX_READERS = 1024
"""Each process needs one; the rest is for those that died and haven't been swept up yet."""
NOT_OPEN = "the location table is not open in this process"
SWEEP_INTERVAL = 10.0
"""Seconds between looks for readers that died; theirs would keep old pages from being reused."""


class LmdbFile:
    """One file, as one process has it open. Make it with `open`."""

    def __init__(self, environment: lmdb.Environment, path: str) -> None:
        self._environment: lmdb.Environment | None = environment
        self._swept_at = 0.0
        self.path = path
        self.begin: Callable[..., lmdb.Transaction] = environment.begin
        """A transaction: of which database, None, and whether it writes."""
        _opened.add(self)

    @classmethod
    def open(cls, path: str, map_size: int = MAP_SIZE) -> LmdbFile:
        """Open the file, or make it; beside it stands `path`-lock. Raises LocationError.

        To be called in each process after the fork, once.
        """
        try:
            environment = lmdb.open(
                path,
                subdir=False,
                map_size=map_size,
                mode=0o600,
                max_dbs=DATABASES_PER_DOMAIN * MAX_DOMAINS,
                max_readers=MAX_READERS,
                writemap=True,
                sync=False,
                metasync=False,
                readahead=False,
            )
            environment.reader_check()
        except lmdb.Error as error:
            raise LocationError(f"cannot open {path}: {error}") from error
        return cls(environment, path)

    @staticmethod
    def remove(path: str) -> None:
        """Delete the files that a daemon that has ended left; nobody may have them open."""
        for name in (path, path + "-lock"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)

    @property
    def environment(self) -> lmdb.Environment:
        """What LMDB made of the file; not to be kept, see `forget`. Raises LocationError."""
        if self._environment is None:
            raise LocationError(NOT_OPEN)
        return self._environment

    def close(self) -> None:
        """Give the file up; whatever is called afterwards raises LocationError."""
        environment = self._environment
        self.forget()
        if environment is not None:
            environment.close()

    def forget(self) -> None:
        """Drop the environment: it must not be used, nor live on, in a child of who opened it."""
        self._environment = None
        self.begin = _refuse

    @contextlib.contextmanager
    def reading(self, database: lmdb._Database | None = None) -> Iterator[lmdb.Transaction]:
        """A read transaction, and LMDB's errors as ours."""
        try:
            with self.begin(database) as txn:
                yield txn
        except lmdb.Error as error:
            raise translated(error) from error

    @contextlib.contextmanager
    def writing(self, database: lmdb._Database | None = None) -> Iterator[lmdb.Transaction]:
        """A write transaction, and LMDB's errors as ours."""
        try:
            with self.begin(database, None, True) as txn:
                yield txn
        except lmdb.Error as error:
            raise translated(error) from error

    def last_change(self) -> int:
        """The number of the last write transaction."""
        number: int = self.environment.info()["last_txnid"]
        return number

    def sweep(self, now: float) -> None:
        """Free the places of readers that were killed, every SWEEP_INTERVAL; `now` in seconds.

        A clock that is put back doesn't keep it from being done.
        """
        if not 0 <= now - self._swept_at < SWEEP_INTERVAL:
            self._swept_at = now
            try:
                self.environment.reader_check()
            except lmdb.Error as error:
                raise translated(error) from error


def _refuse(*_arguments: object) -> lmdb.Transaction:
    raise LocationError(NOT_OPEN)


_opened: weakref.WeakSet[LmdbFile] = weakref.WeakSet()


def _forget_all() -> None:
    for file in _opened:
        file.forget()


os.register_at_fork(after_in_child=_forget_all)

"""Rows in a file beside that of the location table: those that wait while the database is away, in
case their process is killed, and those that it has not written in time when it ends.

The receiver that comes in the place of a killed one goes on with its rows. What is left when all
processes have ended is written by an errand, which may take longer than a receiver may.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ser_core import log
from ser_core.modules.acc.rows import Row, Values

FILE = "acc"
"""The files are called acc-PID, and acc-PID.N when they were somebody else's."""
_SIZE = 4
"""Bytes of the length in front of each piece of a file."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str, Values]]).decode


class Spill:
    """The file of one process, made when it is needed."""

    def __init__(self, path: str) -> None:
        """`path` without what the process adds; empty: there is no file."""
        self._path = Path(f"{path}-{os.getpid()}") if path else None
        self._adopted: list[Path] = []

    def add(self, rows: Iterable[Row]) -> bool:
        """Put rows behind those in the file; False when there is none, or, logged, it fails."""
        if self._path is None:
            return False
        data = _encode(list(rows))
        try:
            _append(self._path, len(data).to_bytes(_SIZE) + data)
        except OSError as error:
            log.limited("acc-file", log.ERROR, "acc: no record fits into a file: %s", error)
            return False
        return True

    def replace(self, rows: Iterable[Row]) -> bool:
        """As `add`, for a file that has nothing else in it."""
        self.clear()
        return self.add(rows)

    def clear(self) -> None:
        """All that is in the file is written, or stands elsewhere."""
        for path in (self._path, *self._adopted):
            if path is not None:
                path.unlink(missing_ok=True)
        self._adopted = []

    def adopt(self) -> list[Row]:
        """The rows of processes that have been killed; from now on their files are this one's."""
        rows: list[Row] = []
        for path in _files_in(self._path.parent) if self._path is not None else ():
            if _is_alive(int(path.name.removeprefix(f"{FILE}-").partition(".")[0])):
                continue
            mine = Path(f"{self._path}.{len(self._adopted)}")
            try:
                path.rename(mine)
            except FileNotFoundError:  # another new receiver was faster
                continue
            self._adopted.append(mine)
            rows += _rows_in(mine)
        return rows


def take(directory: Path) -> list[Row]:
    """All rows that processes have left, and no file any more."""
    rows: list[Row] = []
    for path in _files_in(directory):
        rows += _rows_in(path)
        path.unlink(missing_ok=True)
    return rows


def _files_in(directory: Path) -> list[Path]:
    return sorted(directory.glob(f"{FILE}-[0-9]*"))


def _append(path: Path, data: bytes) -> None:
    """All of it or nothing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if os.write(descriptor, data) < len(data):
            os.ftruncate(descriptor, size)
            raise OSError(f"{path} has no room")
    finally:
        os.close(descriptor)


def _rows_in(path: Path) -> list[Row]:
    """Those of all whole pieces; a process may have been killed while it wrote the last one."""
    rows: list[Row] = []
    try:
        data = path.read_bytes()
        while data:
            end = _SIZE + int.from_bytes(data[:_SIZE])
            rows += [Row(*each) for each in _decode(data[_SIZE:end])]
            data = data[end:]
    except (OSError, msgspec.DecodeError) as error:
        log.error("acc: records are lost, %s can't be read: %s", path, error)
    return rows


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

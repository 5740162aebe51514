"""Flags in a file that all processes have mapped; each flag is a byte of its own, so that two
processes which set two flags at once don't undo each other."""

from __future__ import annotations

import mmap
import os

COUNT = 32


class SharedFlags:
    """The flags of one ser. The file is made by whoever comes first."""

    def __init__(self, path: str, initial: int) -> None:
        """`initial`: the flags to begin with, one bit each. Raises OSError."""
        _make(path, bytes(initial >> number & 1 for number in range(COUNT)))
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._flags = mmap.mmap(descriptor, COUNT)
        finally:
            os.close(descriptor)

    def __getitem__(self, number: int) -> bool:
        return bool(self._flags[number])

    def __setitem__(self, number: int, value: bool) -> None:
        self._flags[number] = value

    def close(self) -> None:
        """Give the mapping back; the file stays for the others."""
        self._flags.close()


def _make(path: str, content: bytes) -> None:
    """Make the file with all that is in it at once, unless it is there."""
    if os.path.exists(path):
        return
    own = f"{path}.{os.getpid()}"
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, content)
        os.link(own, path)
    except FileExistsError:  # another process was faster
        return
    finally:
        os.close(descriptor)
        os.unlink(own)

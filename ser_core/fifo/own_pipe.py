"""A client's own pipe, which the replies come through.

Its name can't be guessed, only the daemon may write to it, and it is gone when the client is. One
pipe serves many requests: it is opened anew for each, so that the end of one reply is not taken
for the end of the next.
"""

from __future__ import annotations

import errno
import os
import stat
import weakref
from contextlib import suppress
from pathlib import Path

from ser_core.fifo.pipe_io import closing
from ser_core.fifo.reach import explain_no_pipe


class OwnPipe:
    """A FIFO of ours, in the file system until `remove()`, at the latest until the program ends."""

    def __init__(self, directory: Path, request_pipe: os.stat_result) -> None:
        """Make it for the daemon that has the request pipe. Raises CannotReach."""
        self.name = f"ser_{os.urandom(16).hex()}"
        self._directory = directory
        self._path = directory / self.name
        self._daemon = _identity(request_pipe)
        self.remove = weakref.finalize(self, _remove, self._path)
        try:
            os.mkfifo(self._path, 0o600)
            with closing(self._open()) as descriptor:
                found = os.fstat(descriptor)
                self._made = _identity(found)
                _check(found)
                _let_in(descriptor, request_pipe)
        except OSError as error:
            raise explain_no_pipe(error, directory) from error

    def serves(self, request_pipe: os.stat_result) -> bool:
        """Still there, for the same daemon; one that starts anew empties its directory."""
        try:
            found = os.lstat(self._path)
        except OSError:
            return False
        return _identity(found) == self._made and _identity(request_pipe) == self._daemon

    def open(self) -> int:
        """A descriptor for one reply, before the request is sent. Raises CannotReach."""
        try:
            descriptor = self._open()
            if _identity(os.fstat(descriptor)) == self._made:
                return descriptor
            os.close(descriptor)
            raise FileExistsError(errno.EEXIST, "somebody exchanged it")
        except OSError as error:
            raise explain_no_pipe(error, self._directory) from error

    def _open(self) -> int:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(self._path, flags)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _check(found: os.stat_result) -> None:
    """Others may write to the directory: what we give away below must be what we have made."""
    is_ours = found.st_uid == os.geteuid() and found.st_nlink == 1
    if not is_ours or not stat.S_ISFIFO(found.st_mode):
        raise FileExistsError(errno.EEXIST, "somebody exchanged it")


def _let_in(descriptor: int, request_pipe: os.stat_result) -> None:
    """Let the daemon write: by the group that the request pipe has, since it is in that."""
    owner = request_pipe.st_uid if os.geteuid() == 0 else -1
    mode = 0o620
    try:
        os.fchown(descriptor, owner, request_pipe.st_gid)
    except PermissionError:
        # We aren't in the group. Where everybody may ask, everybody may answer: the daemon is one
        # of them, and others don't know the name.
        mode |= request_pipe.st_mode & stat.S_IWOTH
    os.fchmod(descriptor, mode)


def _remove(path: Path) -> None:
    with suppress(OSError):  # gone already, or the directory is
        path.unlink()

"""The request FIFO as a file. No gevent.

It is opened for reading and writing: with a writer of our own there is never an end of file.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ser_core.fifo.access import Access, AccessError, Writers
from ser_core.fifo.endpoint import Endpoint
from ser_core.fifo.requests import PIECE

READ_SIZE = PIECE
"""So few requests fit into one read that all are carried out long before a client, whose request
was cut by its end, would seem to have fallen silent."""


class RequestPipe(Endpoint):
    """The FIFO that requests are written to."""

    kind = stat.S_IFIFO
    directive = "fifo"

    def __init__(self, path: Path, access: Access) -> None:
        super().__init__(path, access)
        self._fd = -1
        self._writers = Writers()

    @property
    def fd(self) -> int:
        return self._fd

    def read(self) -> bytes:
        """What has come, up to READ_SIZE bytes; b"" when nothing has. OSError."""
        try:
            return os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            return b""

    def may_write(self, uid: int) -> bool:
        """True for a user who may give commands."""
        return self._writers.may_write(os.fstat(self._fd), uid)

    def is_used(self) -> bool:
        """True when some process reads it. One that we may not open counts as unread.

        A FIFO without reader can't be opened for writing without waiting (ENXIO, fifo(7)).
        """
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW))
        except OSError as error:
            if error.errno not in (errno.ENXIO, errno.EACCES, errno.ENOENT):
                raise AccessError(f"cannot look at {self.path}: {error.strerror}") from error
            return False
        return True

    def _create(self, *, strict: bool) -> os.stat_result:
        """Under another name at first: whoever sees the FIFO may use it, and finds a reader."""
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        try:
            fd = self._open_draft(draft)
            try:
                self._finish(fd, strict=strict)
                os.link(draft, self.path, follow_symlinks=False)  # fails where anything is
            except BaseException:
                os.close(fd)
                raise
        except OSError as error:
            raise AccessError(f"can't create FIFO {self.path}: {error.strerror}") from error
        finally:
            with suppress(OSError):  # a read-only file system, which has just been told
                draft.unlink()
        self.close()
        self._fd = fd
        return os.fstat(fd)

    def _open_draft(self, draft: Path) -> int:
        os.mkfifo(draft, 0o600)
        return os.open(draft, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW)

    def _finish(self, fd: int, *, strict: bool) -> None:
        made = os.fstat(fd)
        if not stat.S_ISFIFO(made.st_mode) or made.st_uid != os.geteuid():
            raise AccessError(f"can't create FIFO {self.path}: somebody exchanged it meanwhile")
        self._give(lambda uid, gid: os.fchown(fd, uid, gid), strict=strict)
        os.fchmod(fd, self._access.permissions)  # last: the old group must not get it, too

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

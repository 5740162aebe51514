"""A named file that commands come in by: made, owned, watched, made again, removed. No gevent.

The attendant makes it before the fork, while it may still choose the owner. The process that
serves it inherits the descriptor, as receivers do their sockets: whoever sends a command while that
process is restarted gets an answer a little later.

What stands at its place when ser starts is left alone unless it is of no more use to anybody: a
wrong path in ser.cfg must not cost a file. While ser runs the place is ours.
"""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from ser_core import log
from ser_core.fifo.access import Access, AccessError

_KINDS = {
    stat.S_IFREG: "a plain file",
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a link",
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a FIFO",
}

Identity = tuple[int, int]
"""Device and inode."""


def kind_of(mode: int) -> str:
    """What a file is, in words."""
    return _KINDS.get(stat.S_IFMT(mode), "a device")


class Endpoint(ABC):
    """The file at `path`, through all its lives."""

    kind: int
    """S_IFIFO or S_IFSOCK."""
    directive: str
    """Of ser.cfg, that gives the path."""

    def __init__(self, path: Path, access: Access) -> None:
        self.path = path.absolute()  # the daemon changes its directory
        self._access = access
        self._identity: Identity = (0, 0)
        self._maker = 0

    @property
    @abstractmethod
    def fd(self) -> int:
        """What is read, non-blocking; -1 before `make`."""

    @abstractmethod
    def is_used(self) -> bool:
        """True when some program serves the file of our kind at the path. AccessError."""

    @abstractmethod
    def _create(self, *, strict: bool) -> os.stat_result:
        """Make, give away and open the file, which then is the one that we read.

        Raises AccessError; then the one open so far stays. Not `strict`: as `_give`.
        """

    @abstractmethod
    def close(self) -> None:
        """Close our descriptor; others may have it still."""

    def make(self) -> None:
        """Make it, at the start of ser. Raises AccessError."""
        found = self._status()
        if found is not None:
            self._refuse(found)
            self._delete()
        self._renew(strict=True)

    def _renew(self, *, strict: bool) -> None:
        made = self._create(strict=strict)
        self._identity = (made.st_dev, made.st_ino)
        self._maker = os.getpid()

    def _give(self, chown: Callable[[int, int], None], *, strict: bool) -> None:
        """Let those use it whom `access` says. Raises AccessError.

        Not `strict`: only logs what can't be done, since we may no longer be root, and one that
        some can't use is better than none.
        """
        try:
            self._access.give(self.path, chown)
        except AccessError as error:
            if strict:
                raise
            log.warning("%s", error)

    def _refuse(self, found: os.stat_result) -> None:
        """Raise AccessError unless it is what a crashed ser has left."""
        remedy = f"remove it, or give another path with {self.directive}="
        if stat.S_IFMT(found.st_mode) != self.kind:
            wanted, is_there = kind_of(self.kind), kind_of(found.st_mode)
            raise AccessError(f"{self.path} is {is_there}, not {wanted}: {remedy}")
        if self.is_used():
            raise AccessError(
                f"{self.path} is served by another ser: stop that, or give another path"
            )
        if not self._access.is_ours(found.st_uid):
            raise AccessError(f"{self.path} belongs to another user (uid {found.st_uid}): {remedy}")

    def is_in_place(self) -> bool:
        """False once what stands at the path isn't what we have open."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def remake(self) -> None:
        """Make it again after it was deleted or replaced. Raises AccessError: try again later.

        What stands there now goes; most likely somebody's request was redirected into a FIFO that
        was gone, which makes a plain file. Only what another program serves is left to it.
        """
        found = self._status()
        if found is not None:
            self._make_way(found)
        self._renew(strict=False)

    def _make_way(self, found: os.stat_result) -> None:
        if self.is_in_place():
            self._delete()
            return
        if stat.S_IFMT(found.st_mode) == self.kind and self.is_used():
            raise AccessError(f"{self.path} was taken by another program, which serves it")
        self._delete()
        log.warning("%s stood at the place of %s: deleted", kind_of(found.st_mode), self.path)

    def remove(self) -> None:
        """Close it, and delete it when this process made it and it is still the same. No errors."""
        if self._maker == os.getpid() and self.is_in_place():
            try:
                os.unlink(self.path)
            except OSError as error:  # another user now, in a directory of root's
                log.info("%s stays behind: %s", self.path, error.strerror)
        self.close()

    def _status(self) -> os.stat_result | None:
        try:
            return os.lstat(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AccessError(f"cannot look at {self.path}: {error.strerror}") from error

    def _delete(self) -> None:
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise AccessError(f"cannot delete old {self.path}: {error.strerror}") from error

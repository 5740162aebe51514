"""The pid file: written atomically, and never taken from a live ser.

It is locked (flock) as long as the daemon lives. So a second start with the same file is refused
for certain, and a file that a crash left behind is known to be stale even when its number belongs
to another program by now.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from ser_core import log
from ser_core.errors import SerError


class PidFileError(SerError):
    """The pid file can't be written, or a running ser has it."""


class PidFile:
    """A locked pid file; `remove` at the end."""

    def __init__(self, path: Path) -> None:
        """Raises PidFileError. Nothing is touched when another process holds the file."""
        self.path = path
        self._descriptor = -1
        try:
            self._take()
        except OSError as error:
            raise PidFileError(f"cannot write the pid file {path}: {error.strerror}") from error

    def _take(self) -> None:
        while self._descriptor < 0:
            descriptor = os.open(
                self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644
            )
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise PidFileError(f"running process found in the pid file {self.path}") from None
            if _is_same_file(descriptor, self.path):
                self._descriptor = descriptor
            else:  # its owner removed it between our open and our lock
                os.close(descriptor)
        self._check_content()

    def _check_content(self) -> None:
        """Refuse a file that isn't a pid file, or whose process lives though it holds no lock."""
        text = os.pread(self._descriptor, 64, 0).strip()
        if text and not (text.isdigit() and len(text) < 10):
            self._give_up(f"pid file {self.path} exists, but doesn't contain a valid pid number")
        if text and int(text) != os.getpid():
            if _is_ser(int(text)):
                self._give_up(f"running process found in the pid file {self.path}")
            log.notice("pid file %s contains old pid %d, replacing it", self.path, int(text))

    def _give_up(self, reason: str) -> None:
        os.close(self._descriptor)
        self._descriptor = -1
        raise PidFileError(reason)

    def write(self, number: int) -> None:
        """Put `number` in, in one write. Raises PidFileError."""
        text = b"%d\n" % number
        try:
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))
        except OSError as error:
            raise PidFileError(f"cannot write {self.path}: {error.strerror}") from error

    def remove(self) -> None:
        """Delete the file and let go of it; only a notice when the directory isn't ours."""
        try:
            if _is_same_file(self._descriptor, self.path):
                self.path.unlink()
        except OSError as error:
            log.notice("pid file %s stays behind: %s", self.path, error.strerror)
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = -1


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _is_ser(number: int) -> bool:
    """True when that process lives and looks like ser: a pid may have passed to something else."""
    try:
        command_line = Path(f"/proc/{number}/cmdline").read_bytes().lower()
    except OSError:
        return False
    return any(
        Path(os.fsdecode(word)).name == "ser" or b"ser_core" in word
        for word in command_line.split(b"\0")[:4]
    )

"""The pid file: written atomically, and never taken from a live ser.

It is locked (flock) as long as the daemon lives. So a second start with the same file is refused
for certain, and a file that a crash left behind is known to be stale even when its number belongs
to another program by now, be it another ser.

All processes of a ser share the lock. When the attendant is killed, they end within a second; a
start meanwhile waits for that.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

from ser_core import log
from ser_core.errors import SerError

WAIT = 5.0
"""Seconds for the processes of a killed attendant to end."""
WRITE_TIME = 0.5
"""Seconds until somebody who has just locked a new file has written a number, or let go of it: a
tool that only looks whether the file is locked holds it for a moment, too."""
POLL = 0.05


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
            if not _lock(descriptor):
                os.close(descriptor)
                raise PidFileError(f"running process found in the pid file {self.path}")
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
            if _is_ser_of(int(text), self.path):
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


def running_pid(path: Path) -> int | None:
    """The number in a pid file, if a ser holds it."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = path.read_text().strip()
        return int(text) if text.isdecimal() else None
    except OSError:
        return None
    return None


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _lock(descriptor: int) -> bool:
    """Lock a pid file; False when a live ser has it."""
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() - began > _patience(descriptor):
                return False
        time.sleep(POLL)


def _patience(descriptor: int) -> float:
    """How many seconds to wait for the lock; 0 when a live process has it."""
    text = os.pread(descriptor, 64, 0).strip()
    if not text:
        return WRITE_TIME
    is_dead = text.isdigit() and not _command_line(int(text))  # a zombie has none, either
    return WAIT if is_dead else 0.0


def _is_ser_of(number: int, path: Path) -> bool:
    """True when that process lives and is a ser that was started with this very pid file.

    Its lock must have been lost then: somebody has put another file in the place of its own.
    """
    words = _command_line(number)
    if not any(Path(word).name == "ser" or word == "ser_core" for word in words[:4]):
        return False
    try:
        directory = Path(os.readlink(f"/proc/{number}/cwd"))
    except OSError:
        directory = Path("/")
    named = (name for word in words for name in (word, word.partition("=")[2]))
    return any(directory / name == path for name in named)


def _command_line(number: int) -> list[str]:
    """The words that a process was started with; none when it doesn't live."""
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
    return [os.fsdecode(word) for word in words if word]

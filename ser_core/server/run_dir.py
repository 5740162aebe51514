"""The private directory of one running ser: /run/ser as root, else below the user's own places.

What lives here (the location table, the FIFO) is for the owner only, so the directory is made 0700
or 0750, must belong to us, and must not be a link. Each instance has a directory of its own in it,
named for the first address it listens on: addresses are bound by one program at a time, so two
instances never share one, and what a crashed one left is found again and wiped.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

from ser_core.errors import SerError
from ser_core.sip.hop import Listener

SERVICE_DIRECTORY = Path("/run/ser")
PRIVATE = 0o700
SERVICE = 0o750
SHARED_MEMORY = Path("/dev/shm")


class RunDirectoryError(SerError):
    """The run directory can't be made, or isn't safe to use."""


def default_directory() -> Path:
    """Where the run directories of instances stand, for the user that we are."""
    if os.geteuid() == 0:
        return SERVICE_DIRECTORY
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and os.path.isdir(runtime):
        return Path(runtime) / "ser"
    return Path(tempfile.gettempdir()) / f"ser-{os.geteuid()}"


def instance_name(first: Listener) -> str:
    """The name of an instance's directory, such as udp-192.0.2.1-5060."""
    return f"{first.transport}-{first.host.replace(':', '_')}-{first.port}"


def make_private(path: Path, mode: int = PRIVATE) -> None:
    """Make a directory, or make sure that the one there is ours, private, and no link.

    Raises RunDirectoryError.
    """
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise RunDirectoryError(f"cannot use {path}: {os.strerror(error.errno or 0)}") from error
    try:
        found = os.fstat(descriptor)
        if found.st_uid not in (os.geteuid(), 0):
            raise RunDirectoryError(f"{path} belongs to another user (uid {found.st_uid})")
        if found.st_uid == os.geteuid():
            os.fchmod(descriptor, mode)
        elif found.st_mode & stat.S_IWOTH:
            raise RunDirectoryError(f"{path} can be written by everybody")
    finally:
        os.close(descriptor)


class RunDirectory:
    """One instance's directories: emptied at the start, removed at the clean end."""

    def __init__(self, parent: Path, first: Listener) -> None:
        """Make them. Raises RunDirectoryError."""
        mode = SERVICE if os.geteuid() == 0 else PRIVATE
        make_private(parent, mode)
        self.path = parent / instance_name(first)
        self._wipe()
        make_private(self.path, mode)

    @property
    def location(self) -> Path:
        """The file of the location table."""
        return self.path / "location.mdb"

    def give_to(self, uid: int, gid: int) -> None:
        """Let the user that we become own the directory; called as root."""
        os.chown(self.path, uid, gid)

    def _wipe(self) -> None:
        try:
            if self.path.is_symlink():
                raise RunDirectoryError(f"{self.path} is a link")
            if self.path.exists():
                shutil.rmtree(self.path)
        except OSError as error:
            raise RunDirectoryError(
                f"cannot empty {self.path}: {os.strerror(error.errno or 0)}"
            ) from error

    def remove(self) -> None:
        """Delete what we made. Leaves alone what others need; OSError is the caller's to log."""
        shutil.rmtree(self.path)

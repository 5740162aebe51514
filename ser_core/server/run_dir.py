"""The private directory of one running ser: /run/ser as root, else below the user's own places.

What lives here (the location table, the FIFO) is for the owner only, so the directory is made 0700
or 0750, must belong to us, and must not be a link. Each instance has a directory of its own in it,
named for the first address it listens on: addresses are bound by one program at a time, so two
instances never share one, and what a crashed one left is found again and wiped.

Where a group may give commands, its members may make their reply pipes here. Nothing else that they
make may be taken for ours, therefore the location table stands one level below, where they can't.

Measured: the location table is as fast on a disk's file system as on a tmpfs (3.3 µs an update on
both), so it always stands here and needs no second place.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from pathlib import Path

from ser_core import log
from ser_core.errors import SerError
from ser_core.sip.hop import Listener

TABLES = "tables"
"""The directory that no group shares."""
PRIVATE = 0o700
SERVICE = 0o750
SHARED = 0o1770
SERVICE_PARENT = 0o755
"""Of /run/ser itself: the user that ser becomes must get through; only names are to be seen."""
GIVEN = "RUNTIME_DIRECTORY"
"""Where systemd says which run directories it has made for the user of the service."""


class RunDirectoryError(SerError):
    """The run directory can't be made, or isn't safe to use."""


def instance_name(first: Listener) -> str:
    """The name of an instance's directory, such as udp-192.0.2.1-5060."""
    return f"{first.transport}-{first.host.replace(':', '_')}-{first.port}"


def is_service(parent: Path) -> bool:
    """True for root, and for the user to whom a service manager has given the directory.

    Others keep all to themselves.
    """
    return os.geteuid() == 0 or str(parent) in os.environ.get(GIVEN, "").split(":")


def open_private(path: Path, mode: int = PRIVATE) -> int:
    """Make a directory, or make sure that the one there is ours, private, and no link.

    Answers with a descriptor of it. Raises RunDirectoryError.
    """
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise RunDirectoryError(f"cannot use {path}: {os.strerror(error.errno or 0)}") from error
    try:
        _check_owner(os.fstat(descriptor), path)
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_owner(found: os.stat_result, path: Path) -> None:
    """Ours, or root's when nobody else writes there (systemd makes /run/ser for a user)."""
    if found.st_uid == os.geteuid():
        return
    if found.st_uid != 0 and os.geteuid() != 0:
        raise RunDirectoryError(f"{path} belongs to another user (uid {found.st_uid})")
    if found.st_mode & stat.S_IWOTH:
        raise RunDirectoryError(f"{path} can be written by everybody")


class RunDirectory:
    """One instance's directory: locked and emptied at the start, removed at the clean end."""

    def __init__(self, parent: Path, first: Listener) -> None:
        """Make it. Raises RunDirectoryError, also when a live instance has it."""
        self._is_service = is_service(parent)
        mode = SERVICE if self._is_service else PRIVATE
        os.close(open_private(parent, SERVICE_PARENT if self._is_service else PRIVATE))
        self.path = parent / instance_name(first)
        self._descriptor = open_private(self.path, mode)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise RunDirectoryError(f"another ser uses {self.path}") from None
        try:
            if self._is_service:  # a crashed one may have shared it, or given it away
                os.fchown(self._descriptor, os.geteuid(), os.getegid())
                os.fchmod(self._descriptor, mode)
            self._wipe()
            os.mkdir(TABLES, PRIVATE, dir_fd=self._descriptor)
        except (RunDirectoryError, OSError):
            os.close(self._descriptor)
            raise

    @property
    def location(self) -> Path:
        """The file of the location table."""
        return self.path / TABLES / "location.mdb"

    def give_to(self, uid: int, gid: int) -> None:
        """Let the user that we become own the directory; called as root, before it is shared."""
        os.chown(TABLES, uid, gid, dir_fd=self._descriptor, follow_symlinks=False)
        os.fchown(self._descriptor, uid, gid)

    def share_with(self, gid: int) -> None:
        """Let the members of a group, who may give commands, make their reply pipes here.

        The sticky bit keeps them from touching each other's, and what is ours. RunDirectoryError
        when the group isn't one of ours.
        """
        if not self._is_service:
            return  # nobody but us gets at the directory above it
        try:
            os.fchown(self._descriptor, -1, gid)
        except PermissionError as error:
            raise RunDirectoryError(
                f"cannot share {self.path} with gid {gid}: {error.strerror}; see fifo_group"
            ) from error
        os.fchmod(self._descriptor, SHARED)

    def _wipe(self) -> None:
        """Remove what a crashed instance left. Registrations don't outlive the daemon."""
        try:
            for entry in self.path.iterdir():
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink(missing_ok=True)  # a client may remove its reply pipe meanwhile
        except OSError as error:
            raise RunDirectoryError(
                f"cannot empty {self.path}: {os.strerror(error.errno or 0)}"
            ) from error

    def remove(self) -> None:
        """Delete the directory and what is in it; never raises, the next start wipes as well."""
        try:
            self._wipe()
            self.path.rmdir()
        except RunDirectoryError as error:
            log.warning("%s", error)
        except OSError as error:  # as another user we may not remove it from root's directory
            log.info("%s stays behind, empty: %s", self.path, error.strerror)
        os.close(self._descriptor)

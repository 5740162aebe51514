"""The file of an SQLite database: made for its owner only, with its directory."""

from __future__ import annotations

import os
from pathlib import Path

from ser_core.database.errors import DatabaseDown

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600


def make_file(file: Path) -> None:
    """Make the file and its directory where they are missing; DatabaseDown when that fails.

    Made by root in somebody else's directory, the file is theirs: serctl may come before the first
    start of a ser that runs as another user. A directory that is shut to others and open to a group
    has a file of the same kind.
    """
    try:
        file.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        directory = file.parent.stat()
        shared = directory.st_mode & 0o060 if not directory.st_mode & 0o007 else 0
        if os.path.lexists(file):
            return
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(file, flags, FILE_MODE)
    except OSError as error:
        raise DatabaseDown(f"cannot make {file}: {os.strerror(error.errno or 0)}") from error
    try:
        os.fchmod(descriptor, FILE_MODE | shared)
        if os.geteuid() == 0:
            os.fchown(descriptor, directory.st_uid, directory.st_gid)
    finally:
        os.close(descriptor)

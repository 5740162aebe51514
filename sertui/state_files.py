"""Where a dashboard keeps what outlives it, and how it writes it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SUBDIRECTORY = "ser"


def state_directory(variables: Mapping[str, str]) -> Path | None:
    """By the XDG Base Directory Specification; None for somebody without a home."""
    state = variables.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # anything else is to be ignored, it says
        return Path(state, SUBDIRECTORY)
    home = variables.get("HOME", "")
    return Path(home, ".local/state", SUBDIRECTORY) if home else None


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other dashboards from changing what is in a directory; it is made if need be.

    Whoever holds it writes a small file, so that nobody waits long. Raises OSError.
    """
    directory.mkdir(0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file for nobody else to read: all of it, or nothing. Raises OSError."""
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise

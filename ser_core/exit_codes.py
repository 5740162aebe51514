"""How `ser` ends (the names and numbers of sysexits.h)."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """The exit status of the `ser` command and of its processes."""

    OK = 0
    """Stopped as asked, or the configuration is good."""
    USAGE = 2
    """A command line that can't be understood."""
    SOFTWARE = 70
    """Receivers died again and again; the log says how."""
    CANNOT_START = 71
    """An address can't be bound, or a file, user or directory can't be had."""
    NOT_SAVED = 74
    """Stopped as asked, but registrations could not be written to their database, and are lost."""
    BAD_CONFIG = 78
    """ser.cfg has errors; nothing was started."""

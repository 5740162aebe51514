"""Why ser can't be asked, or didn't answer; each text says what is wrong and what to do."""

from __future__ import annotations

import enum
import errno
import os
import stat
from pathlib import Path

from ser_core.errors import SerError
from ser_core.fifo.protocol import Reply, parse_reply


class Reach(enum.Enum):
    """Why a request can't even be sent."""

    NOT_RUNNING = "not running"
    """Nothing is there."""
    STALE = "stale"
    """The file is there, but nobody reads it."""
    NO_PERMISSION = "no permission"
    NOT_A_FIFO = "not a FIFO"
    """Nor a socket."""
    NO_REPLY_PIPE = "no reply pipe"
    """The reply has no place to come to."""


class CannotReach(SerError):
    """The request was not sent."""

    def __init__(self, reason: Reach, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class NoReply(SerError):
    """The request was sent, wholly or in part, and no reply came: it may have been carried out."""


_NOBODY_THERE = (errno.ENXIO, errno.EPIPE, errno.ECONNREFUSED)


def explain(error: OSError, path: Path) -> CannotReach:
    """What a failure to open, or connect to, ser's FIFO or socket means."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        text = f"there is no {path}: ser isn't running, or has its FIFO elsewhere"
        return CannotReach(Reach.NOT_RUNNING, text)
    if isinstance(error, PermissionError):
        return CannotReach(Reach.NO_PERMISSION, _who_may(path, os.W_OK))
    if error.errno in _NOBODY_THERE:
        text = f"nobody reads {path}: ser has ended and left it behind; start ser again"
        return CannotReach(Reach.STALE, text)
    return CannotReach(Reach.NOT_A_FIFO, f"cannot use {path}: {error.strerror or error}")


def explain_no_pipe(error: OSError, directory: Path) -> CannotReach:
    """What a failure to make the reply pipe means."""
    if isinstance(error, PermissionError):
        text = f"cannot make a reply pipe: {_who_may(directory, os.W_OK | os.X_OK)}"
        return CannotReach(Reach.NO_PERMISSION, text)
    text = f"cannot make a reply pipe in {directory}: {error.strerror}"
    return CannotReach(Reach.NO_REPLY_PIPE, text)


def parsed(data: bytes) -> Reply:
    """The reply, or NoReply when what came is none."""
    try:
        return parse_reply(data)
    except ValueError as error:
        raise NoReply(f"no answer that makes sense: {error}") from error


def not_a_fifo(path: Path) -> CannotReach:
    """Something else has the name."""
    return CannotReach(Reach.NOT_A_FIFO, f"{path} is neither a FIFO nor a socket")


def _who_may(path: Path, wanted: int) -> str:
    """The first place on the way that keeps us out, and who is let in."""
    path = path.absolute()
    for directory in reversed(path.parents):
        if not os.access(directory, os.X_OK, effective_ids=True):
            return _refusal_at(directory, stat.S_IXGRP)
    if not os.access(path, wanted, effective_ids=True):
        return _refusal_at(path, stat.S_IWGRP)
    return f"no permission for {path}"


def _refusal_at(place: Path, needed: int) -> str:
    try:
        found = place.stat()
    except OSError:  # it has gone meanwhile
        return f"no permission for {place}"
    owner, group = _names_of(found.st_uid, found.st_gid)
    refusal = f"no permission for {place} of user {owner}, group {group}"
    if found.st_mode & needed and found.st_gid != 0:
        return f"{refusal}; become a member of group {group}, or use sudo -u {owner}"
    return f"{refusal}; use sudo -u {owner}"


def _names_of(uid: int, gid: int) -> tuple[str, str]:
    """Their names, or numbers where they have none."""
    import grp  # only when something went wrong
    import pwd

    try:
        owner = pwd.getpwuid(uid).pw_name
    except KeyError:
        owner = str(uid)
    try:
        return owner, grp.getgrgid(gid).gr_name
    except KeyError:
        return owner, str(gid)

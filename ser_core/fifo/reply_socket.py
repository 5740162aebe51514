"""Where a reply through the command socket may go: a socket of whoever has sent the request.

The address is a path that the sender has chosen, and ser may be root: a link put there, or put in
place of a directory on the way, must not lead the reply to a socket of somebody else's. So what the
path stands for is opened, looked at and written to, not the path.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ser_core.errors import SerError

_CREDENTIALS = struct.Struct("3i")
"""struct ucred: pid, uid, gid."""
CREDENTIALS_SIZE = socket.CMSG_SPACE(_CREDENTIALS.size)
NOBODY = -1
"""Owns nothing."""

Ancillary = Iterable[tuple[int, int, bytes]]
"""As recvmsg gives them."""


class SocketRefused(SerError):
    """A client's socket that isn't safe to write to; says what it is."""


def sender_of(ancillary: Ancillary) -> int:
    """The uid of whoever has sent a datagram, as the kernel says."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            uid: int = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[1]
            return uid
    return NOBODY


@contextmanager
def pinned(path: str, sender: int) -> Iterator[str]:
    """An address of the very socket that has been checked. Raises SocketRefused, OSError."""
    fd = _opened(path)
    try:
        _check(os.fstat(fd), sender)
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)


def _opened(path: str) -> int:
    """O_PATH opens a socket without using it, and a link as a link; that has no socket's mode."""
    return os.open(path, os.O_PATH | os.O_NOFOLLOW)


def _check(found: os.stat_result, sender: int) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise SocketRefused("it is a soft link")
    if not stat.S_ISSOCK(found.st_mode):
        raise SocketRefused("it is not a socket")
    if found.st_nlink > 1:
        raise SocketRefused(f"it is hard-linked {found.st_nlink} times")
    if sender not in (0, found.st_uid):  # root could write to it without us
        raise SocketRefused(f"it belongs to uid {found.st_uid}, and uid {sender} asked")

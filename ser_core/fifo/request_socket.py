"""The command socket as a file: a Unix datagram socket with a name (`unix_sock`). No gevent."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from ser_core.fifo.access import Access, AccessError
from ser_core.fifo.endpoint import Endpoint

MAX_PATH = 107
"""Bytes, since sun_path has 108 with its end (unix(7))."""
SO_SNDBUFFORCE = 32
"""Linux, for root: a send buffer above the system's limit. Python has no name for it."""
SEND_BUFFER = 4 << 20
"""What a reply, which is one datagram, may have, if the system permits."""


class RequestSocket(Endpoint):
    """The socket that requests are sent to."""

    kind = stat.S_IFSOCK
    directive = "unix_sock"

    def __init__(self, path: Path, access: Access) -> None:
        """Raises AccessError for a path that no socket can have."""
        super().__init__(path, access)
        if len(os.fsencode(self.path)) > MAX_PATH:
            raise AccessError(f"unix_sock: {self.path} is longer than {MAX_PATH} bytes")
        self._socket: socket.socket | None = None

    @property
    def socket(self) -> socket.socket:
        """The bound socket."""
        assert self._socket is not None, "not made"
        return self._socket

    @property
    def fd(self) -> int:
        return -1 if self._socket is None else self._socket.fileno()

    def is_used(self) -> bool:
        """True when some process has the socket open. One that we may not use counts as unused."""
        with _new_socket() as probe:
            try:
                probe.connect(str(self.path))
            except (ConnectionRefusedError, PermissionError, FileNotFoundError):
                return False
            except OSError as error:  # a stream socket, of some other program
                raise AccessError(f"cannot use {self.path}: {error.strerror}") from error
        return True

    def _create(self, *, strict: bool) -> os.stat_result:
        made = _new_socket()
        try:
            found = _bind(made, self.path, self._access.permissions)
            self._give(lambda uid, gid: os.lchown(self.path, uid, gid), strict=strict)
        except AccessError:
            made.close()
            self.path.unlink()
            raise
        except OSError as error:
            made.close()
            raise AccessError(f"can't create socket {self.path}: {error.strerror}") from error
        self.close()
        self._socket = made
        return found

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _new_socket() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)  # replies go to the sender only
    try:
        made.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER)
    except PermissionError:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    return made


def _bind(made: socket.socket, path: Path, permissions: int) -> os.stat_result:
    """Bind with the permissions that are wanted; chmod afterwards would follow a link."""
    umask = os.umask(0o777 & ~permissions)
    try:
        made.bind(str(path))
    finally:
        os.umask(umask)
    return os.lstat(path)

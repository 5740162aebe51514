"""Tells whoever started us that we are ready: the service manager's notification socket.

Its protocol is a datagram of NAME=value lines to the Unix socket that $NOTIFY_SOCKET names.
"""

from __future__ import annotations

import os
import socket

from ser_core import log


class Manager:
    """The service manager, if one wants to be told.

    Connected before privileges go, since the socket may be for our first user only.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        path = os.environ.get("NOTIFY_SOCKET", "")
        if not path:
            return
        address = "\0" + path[1:] if path.startswith("@") else path
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            made.connect(address)
        except OSError as error:
            made.close()
            log.warning("cannot notify %s: %s", path, error)
            return
        self._socket = made

    def tell(self, state: str) -> None:
        """Send `state`, such as READY=1, the first and only time."""
        if self._socket is None:
            return
        try:
            self._socket.send(state.encode())
        except OSError as error:
            log.warning("cannot notify the service manager: %s", error)
        self._socket.close()
        self._socket = None

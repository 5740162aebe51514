"""Tells whoever started us that we are ready: the service manager's notification socket.

Its protocol is a datagram of NAME=value lines to the Unix socket that $NOTIFY_SOCKET names.
"""

from __future__ import annotations

import os
import socket

from ser_core import log


def notify(state: str) -> None:
    """Send `state`, such as READY=1; nothing when nobody wants to know."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            sender.sendto(state.encode(), address)
    except OSError as error:
        log.warning("cannot notify %s: %s", path, error)

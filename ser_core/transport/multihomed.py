"""`mhomed`: which of our listeners the kernel would send from (reference §8.4)."""

from __future__ import annotations

import socket

from ser_core.sip.hop import Listener, LocalAddresses

MAX_CACHED = 4096


class KernelRoutes:
    """Asks the kernel's routing table, and remembers what it said."""

    def __init__(self, local: LocalAddresses) -> None:
        self._local = local
        self._cache: dict[tuple[str, str], Listener | None] = {}

    def listener_for(self, transport: str, host: str) -> Listener | None:
        """The listener on the address that packets to `host` leave from, if there is one."""
        key = (transport, host)
        if key not in self._cache:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            address = source_address(host)
            self._cache[key] = next(
                (
                    listener
                    for listener in self._local.listeners
                    if listener.transport == transport and listener.host == address
                ),
                None,
            )
        return self._cache[key]


def source_address(host: str) -> str:
    """The address that the kernel would send to `host` from; empty when it has no route.

    Connecting a datagram socket sends nothing.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])

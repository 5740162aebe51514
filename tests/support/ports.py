"""Free ports on the loopback interface, and waiting until a port is served."""

from __future__ import annotations

import random
import socket
import time
from pathlib import Path

LOWEST, HIGHEST = 10_000, 31_000
"""Below the range that the kernel hands out by itself, so that nobody gets ours by chance."""

_random = random.SystemRandom()


def free_port(host: str = "127.0.0.1", *, width: int = 1) -> int:
    """The first of `width` ports in a row that are free for UDP and for TCP on `host`.

    Drawn at random, so that tests which run side by side don't meet.
    """
    for _ in range(1000):
        first = _random.randrange(LOWEST, HIGHEST, 2)
        if all(_is_free(host, port) for port in range(first, first + width)):
            return first
    raise OSError(f"no free port on {host}")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def is_bound(port: int, transport: str = "udp") -> bool:
    """Whether somebody on this machine has bound `port` (TCP: listens on it)."""
    wanted = f":{port:04X}"
    for table in (Path("/proc/net") / transport, Path("/proc/net") / f"{transport}6"):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for line in lines:
            columns = line.split()
            if columns[1].endswith(wanted) and (transport == "udp" or columns[3] == "0A"):
                return True
    return False


def wait_until_bound(port: int, transport: str = "udp", timeout: float = 10.0) -> None:
    """Wait for somebody to bind `port`. Raises TimeoutError."""
    deadline = time.monotonic() + timeout
    while not is_bound(port, transport):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody has bound {transport} port {port}")
        time.sleep(0.01)

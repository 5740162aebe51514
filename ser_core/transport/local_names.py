"""What this host says about names: /etc/hosts and /etc/resolv.conf, read again when they change."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from ser_core.transport.locating import is_address

CHECK_INTERVAL = 5.0
"""Seconds between looks at whether a file has changed."""

MAX_NAMESERVERS = 3
"""As in the C library."""

_LOCALHOST: dict[str, tuple[str, ...]] = {"localhost": ("127.0.0.1", "::1")}
"""RFC 6761 §6.3: works without any file, and without DNS."""


def parse_hosts(text: str) -> dict[str, tuple[str, ...]]:
    """Names, lower-case, and their addresses in the order of the file."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if not is_address(address):
            continue
        for name in names:
            addresses = found.setdefault(name.lower().rstrip("."), [])
            if address not in addresses:
                addresses.append(address)
    return _LOCALHOST | {name: tuple(addresses) for name, addresses in found.items()}


@dataclass(frozen=True, slots=True)
class ResolvConf:
    """Whom to ask, and how patiently."""

    nameservers: tuple[tuple[str, int], ...] = (("127.0.0.1", 53),)
    timeout: float = 2.0
    """Seconds for one attempt at one nameserver."""
    attempts: int = 2


def parse_resolv_conf(text: str) -> ResolvConf:
    """The nameservers and options of resolv.conf(5); what we don't use, or can't read, is left.

    SIP's names are absolute, so search lists aren't used (RFC 3263 knows none).
    """
    servers: list[tuple[str, int]] = []
    options: dict[str, int] = {}
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) > 1 and words[0] == "nameserver" and is_address(words[1]):
            servers.append((words[1], 53))
        elif words and words[0] == "options":
            for option in words[1:]:
                name, _, value = option.partition(":")
                if value.isdecimal() and len(value) < 4:
                    options[name] = int(value)
    return ResolvConf(
        nameservers=tuple(servers[:MAX_NAMESERVERS]) or ResolvConf().nameservers,
        timeout=float(min(max(options.get("timeout", 2), 1), 10)),
        attempts=min(max(options.get("attempts", 2), 1), 5),
    )


class WatchedFile:
    """The text of a small file; a missing one is empty."""

    def __init__(self, path: str, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._looked_at = float("-inf")
        self._stamp: tuple[int, int, int] | None = None

    def read_if_changed(self) -> str | None:
        """The text when it hasn't been read yet or has changed since; looks every few seconds."""
        now = self._clock()
        if now - self._looked_at < CHECK_INTERVAL:
            return None
        first = self._looked_at == float("-inf")
        self._looked_at = now
        try:
            status = os.stat(self._path)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp == self._stamp:
                return None
            with open(self._path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:  # gone: as good as empty, and looked for again
            changed = first or self._stamp is not None
            self._stamp = None
            return "" if changed else None
        self._stamp = stamp
        return text


class HostsFile:
    """/etc/hosts."""

    def __init__(self, path: str, clock: Callable[[], float]) -> None:
        self._file = WatchedFile(path, clock)
        self._names = _LOCALHOST

    def addresses(self, name: str) -> tuple[str, ...] | None:
        """The addresses of a name, IPv4 and IPv6 mixed; None when it isn't known here."""
        text = self._file.read_if_changed()
        if text is not None:
            self._names = parse_hosts(text)
        return self._names.get(name)

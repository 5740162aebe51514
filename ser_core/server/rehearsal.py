"""Looking whether ser could start, for whoever is about to stop the one that runs.

Nothing is changed, and the one that runs isn't disturbed: what it has itself is taken for free.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.server import errand
from ser_core.server.addresses import AddressError
from ser_core.server.pidfile import running_pid
from ser_core.server.privileges import check, find_identity
from ser_core.server.sockets import probe
from ser_core.sip.hop import LocalAddresses

if TYPE_CHECKING:
    from ser_core.script.loader import Program

Port = tuple[str, int]
"""Transport and number."""


def rehearse(program: Program, local: LocalAddresses, pid_file: Path | None) -> None:
    """See whether there are its user, its addresses, and the databases that it loads from.

    `pid_file` is that of the ser that may run, which has its ports; without it nothing is said of
    ports that are taken. It takes as long as a start waits for a database. Raises SerError: why ser
    couldn't start.
    """
    settings = program.settings
    identity = find_identity(settings.user, settings.group)
    check(identity)
    _check_addresses(local, pid_file, are_chosen=bool(settings.listen))
    errand.rehearse(program, identity)


def _check_addresses(local: LocalAddresses, pid_file: Path | None, *, are_chosen: bool) -> None:
    pid = running_pid(pid_file) if pid_file is not None else None
    own = frozenset(ports_of(pid)) if pid else frozenset()
    for listener in local.listeners:
        try:
            probe(listener)
        except AddressError as error:
            reason = error.__cause__.errno if isinstance(error.__cause__, OSError) else 0
            is_own = pid_file is None or (listener.transport, listener.port) in own
            if reason == errno.EADDRINUSE and is_own:
                continue
            if reason == errno.EADDRNOTAVAIL and not are_chosen:  # as `without_tentative`
                continue
            raise


def ports_of(pid: int) -> Iterator[Port]:
    """The ports that a process has bound; none of one that we may not look at."""
    place = Path(f"/proc/{pid}")
    links = set(_links_in(place / "fd"))
    for transport in ("udp", "tcp"):
        for table in (place / "net" / transport, place / "net" / f"{transport}6"):
            for line in _lines_of(table)[1:]:
                fields = line.split()
                if f"socket:[{fields[9]}]" in links:
                    yield transport, int(fields[1].rpartition(":")[2], 16)


def _links_in(directory: Path) -> Iterator[str]:
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        with contextlib.suppress(OSError):  # closed meanwhile
            yield os.readlink(directory / name)


def _lines_of(table: Path) -> list[str]:
    try:
        return table.read_text().splitlines()
    except OSError:  # a kernel without IPv6
        return []

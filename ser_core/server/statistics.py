"""Memory and counters in the log, for SIGUSR1."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ser_core import log
from ser_core.server.shared import SharedPages


def resident_kib(pid: int) -> int:
    """Resident memory of a process in KiB; 0 when it can't be told."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except (OSError, IndexError, ValueError):
        return 0


def log_statistics(pages: SharedPages, others: Mapping[str, int] | None = None) -> None:
    """Log the memory of this process and of `others` (pid by name), and what has been counted."""
    log.notice("this process: %d KiB of memory", resident_kib(os.getpid()))
    for name, pid in (others or {}).items():
        log.notice("%s: %d KiB of memory", name, resident_kib(pid))
    for name, total in pages.totals().items():
        if total:
            log.notice("%s = %d", name, total)

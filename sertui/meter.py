"""CPU and memory of ser's processes, which the operating system tells to anybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import psutil

from sertui.snapshot import Process


class Meter:
    """Remembers processes, since CPU is a difference between two looks."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}

    def measured(self, processes: Iterable[Process]) -> tuple[Process, ...]:
        """The same processes with what can be known of them."""
        found = tuple(map(self._measured, processes))
        self._known = {each.pid: self._known[each.pid] for each in found if each.pid in self._known}
        return found

    def _measured(self, process: Process) -> Process:
        try:
            known = self._known.get(process.pid)
            if known is None:
                known = psutil.Process(process.pid) if process.pid else None
            if known is None:
                return process
            with known.oneshot():
                cpu, rss = known.cpu_percent(), known.memory_info().rss
        except psutil.Error:  # it ended this moment, or belongs to another machine's ser
            self._known.pop(process.pid, None)
            return process
        is_new = process.pid not in self._known
        self._known[process.pid] = known
        return replace(process, cpu=None if is_new else cpu, rss=rss)

"""Each process with its CPU and memory."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.content import Content

from sertui.numbers import NOTHING, percent, size
from sertui.plain_text import plain
from sertui.snapshot import Process
from sertui.widgets.panel import Panel

CPU, MEMORY, PID = 5, 7, 8
WIDE = 44
"""Where pid and a bar are shown, too."""
BAR = 10
HOT = 80.0
"""Percent of a core from which a process has little left."""
_RECEIVER = re.compile(r"receiver child=(\d+)\b.*")


class ProcessTable(Panel):
    """A row each; what doesn't fit is summed up in the last one."""

    BORDER_TITLE = "Processes"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._processes: Sequence[Process] = ()

    def show(self, processes: Sequence[Process]) -> None:
        """The newest."""
        self._processes = processes
        cpu, memory = _sums(processes)
        self.border_subtitle = f"{percent(cpu)}  {size(memory)}" if processes else ""
        self.refresh()

    def lines(self, width: int, height: int) -> Sequence[Content]:
        """In the order of `ps`."""
        if len(self._processes) <= height:
            return [_line(process, width) for process in self._processes]
        shown, rest = self._processes[: height - 1], self._processes[height - 1 :]
        cpu, memory = _sums(rest)
        summed = Process(0, 0, f"+ {len(rest)} more", cpu, memory)
        return [*(_line(process, width) for process in shown), _line(summed, width)]


def name_of(process: Process) -> str:
    """`receiver 0`: its addresses stand elsewhere."""
    return plain(_RECEIVER.sub(r"receiver \1", process.description))


def _sums(processes: Sequence[Process]) -> tuple[float | None, int | None]:
    cpus = [process.cpu for process in processes if process.cpu is not None]
    sizes = [process.rss for process in processes if process.rss is not None]
    return (sum(cpus) if cpus else None, sum(sizes) if sizes else None)


def _line(process: Process, width: int) -> Content:
    is_wide = width >= WIDE
    room = max(width - CPU - MEMORY - (PID + BAR + 2 if is_wide else 0), 1)
    pid = str(process.pid or NOTHING).rjust(PID) + " " if is_wide else ""
    style = "$text-warning bold" if (process.cpu or 0) >= HOT else ""
    return Content.assemble(
        Content(name_of(process)).truncate(room, ellipsis=True, pad=True),
        (pid, "$faint"),
        (_bar(process.cpu) + " " if is_wide else "", style or "$text-success"),
        (percent(process.cpu).rjust(CPU), style),
        (size(process.rss).rjust(MEMORY), "$faint"),
    )


def _bar(cpu: float | None) -> str:
    """A core is full at its end."""
    full = min(round((cpu or 0.0) / 100 * BAR), BAR)
    return ("━" * full).ljust(BAR, "╌")

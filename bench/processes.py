"""CPU time and memory of a proxy, all its processes together."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

SCHED_CLOCK = 2
"""CPUCLOCK_SCHED: the scheduler's own sum of user and system time, in nanoseconds.

/proc/PID/stat counts ticks of 10 ms, which is too coarse for a run of some seconds.
"""


def cpu_clock(pid: int) -> int:
    """The clock id of a process's CPU time, as clock_getcpuclockid(3) makes it."""
    return (~pid << 3) | SCHED_CLOCK


def process_tree(pid: int) -> list[int]:
    """`pid` and all its descendants."""
    children = psutil.Process(pid).children(recursive=True)
    return [pid, *(child.pid for child in children)]


class CpuMeter:
    """CPU seconds (user and system) that a tree of processes has used since the meter was made.

    The tree must not change meanwhile: a process that ended would take its time along.
    """

    def __init__(self, pid: int) -> None:
        self._pids = process_tree(pid)
        self._start = {pid: time.clock_gettime(cpu_clock(pid)) for pid in self._pids}

    def seconds(self) -> float:
        """Raises OSError when one of the processes has ended."""
        return sum(time.clock_gettime(cpu_clock(pid)) - self._start[pid] for pid in self._pids)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in use; each shared page counted once."""

    private: int
    """Anonymous memory of all processes."""
    shared: int
    """Shared memory and files in the run directory."""

    @property
    def total(self) -> int:
        return self.private + self.shared


def memory_of(pid: int, run_directory: Path) -> Memory:
    """What the proxy occupies, with what it keeps in files (our location table is one)."""
    private = shared = 0
    for member in process_tree(pid):
        sizes = _rollup(member)
        private += sizes["Pss_Anon"]
        shared += sizes["Pss_Shmem"]
    files = sum(path.stat().st_blocks * 512 for path in run_directory.rglob("*") if path.is_file())
    # Pages of a file on a tmpfs that a process has mapped are counted in both.
    return Memory(private, max(shared, files))


def _rollup(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}

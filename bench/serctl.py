"""How long `serctl ps` takes, from its start to its end: what a user waits for."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.measures import Measure, Sizes, progress, workplace
from bench.proxies import SER, Kind, Proxy

TIMES = 20
TARGET = 150


def serctl(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """Ours only; in a pipe, and as a table, which costs the import of tabulate."""
    limit = f"<= {TARGET} ms"
    piped = Measure("serctl ps, in a pipe", "ms", limit, at_most=TARGET)
    drawn = Measure("serctl ps, as a table", "ms", limit, at_most=TARGET)
    with workplace() as directory, Proxy(SER, directory) as proxy:
        command = [sys.executable, "-m", "serctl", "--run-dir", str(proxy.run_directory), "ps"]
        for _ in range(TIMES):
            piped.add(SER, _milliseconds(command))
            drawn.add(SER, _milliseconds([*command, "-F", "table"]))
    progress(f"  {piped.median('ser'):.0f} ms, {drawn.median('ser'):.0f} ms as a table")
    return [piped, drawn]


def _milliseconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return (time.perf_counter() - began) * 1000

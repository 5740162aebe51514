"""What the FIFO bears: requests a second from one client, and from ten that check each answer."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

from bench.measures import Measure, Sizes, progress, workplace
from bench.proxies import SER, Kind, Proxy
from ser_core.fifo.client import FifoClient
from ser_core.fifo.places import find_instances

CLIENTS = 10
START = 1.0
"""Seconds until all clients are there."""
TARGET = 2000

Question = Callable[[FifoClient, int], bool]
"""Asks once; false when the answer isn't the one to that question."""


def fifo(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """Ours only: Kamailio's command channel is of another kind."""
    limit = f">= {TARGET}/s"
    alone = Measure("FIFO, one client asks for uptime", "requests/s", limit, at_least=TARGET)
    together = Measure(f"FIFO, {CLIENTS} clients at once", "requests/s", limit, at_least=TARGET)
    wrong = Measure("FIFO, answers lost or mixed up", "replies", "none", at_most=0)
    seconds = float(sizes.trial_seconds)
    with workplace() as directory, Proxy(SER, directory) as proxy:
        (instance,) = find_instances(proxy.run_directory)
        for _ in range(sizes.rounds):
            good, bad = _ask(instance.fifo, 0, time.monotonic(), seconds, _uptime)
            alone.add(SER, good / seconds)
            good, bad_together = _ask_together(instance.fifo, seconds)
            together.add(SER, good / seconds)
            wrong.add(SER, bad + bad_together)
            progress(f"  {alone.figures['ser'][-1]:.0f}/s alone, {good / seconds:.0f}/s together")
    return [alone, together, wrong]


def _ask_together(path: Path, seconds: float) -> tuple[int, int]:
    """Each client is a process: threads would wait for one another, not for ser."""
    begin = time.monotonic() + START
    tasks = [(path, number, begin, seconds, _print) for number in range(CLIENTS)]
    with multiprocessing.get_context("spawn").Pool(CLIENTS) as pool:
        counts = pool.starmap(_ask, tasks)
    return sum(good for good, _ in counts), sum(bad for _, bad in counts)


def _ask(
    path: Path, number: int, begin: float, seconds: float, question: Question
) -> tuple[int, int]:
    """Ask again and again; how many answers were right, and how many wrong."""
    time.sleep(max(0.0, begin - time.monotonic()))
    good = bad = 0
    with FifoClient(path, timeout=30) as client:
        for turn in itertools.count(number * 1_000_000):
            if time.monotonic() >= begin + seconds:
                return good, bad
            right = question(client, turn)
            good, bad = good + right, bad + (not right)
    return good, bad


def _uptime(client: FifoClient, turn: int) -> bool:
    return b"Up time: " in client.ask("uptime").body


def _print(client: FifoClient, turn: int) -> bool:
    """An answer that nobody else's can be."""
    return client.ask("print", str(turn)).body == b"%d\n" % turn

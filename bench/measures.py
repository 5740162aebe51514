"""The measures. Each compares the proxies in turns, so that a busy machine troubles both alike."""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.flood import Flood, highest_answered_rate
from bench.load import Cost, Load
from bench.processes import memory_of
from bench.proxies import Kind, Proxy

PROXY_CORE, LOAD_CORE = 0, 1
WARM = 5000
"""Other users that register before anything is measured."""
TRIES = 5


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is run."""

    rounds: int = 3
    """Fresh starts of each proxy; each gives one figure per measure, or `slices` of them."""
    slices: int = 3
    users: int = 20_000
    register_rate: int = 2000
    calls: int = 4000
    """Per slice."""
    call_rate: int = 1000
    trial_seconds: int = 5
    """How long a rate must be borne to count as sustained."""
    db_rates: bool = True
    """Whether to look for the rate that is borne with each database and db_mode: minutes."""
    leak_calls: int = 200_000
    leak_settle: int = 36
    """Seconds after which no transaction is left (RFC 3261 Timer J: 32 s)."""


@dataclass(slots=True)
class Measure:
    """One line of the table: figures per proxy, in the order they were taken."""

    name: str
    unit: str
    limit: str = ""
    """The target, for people."""
    at_most_ratio: float = math.inf
    at_most: float = math.inf
    at_least: float = -math.inf
    figures: dict[str, list[float]] = field(default_factory=dict)

    def add(self, kind: Kind, figure: float) -> None:
        self.figures.setdefault(kind.name, []).append(figure)

    def median(self, name: str) -> float:
        """NaN when that proxy has no figure."""
        figures = self.figures.get(name)
        return statistics.median(figures) if figures else math.nan

    @property
    def ratio(self) -> float:
        """Median of the ratios ser/kamailio of figures that were taken one after the other."""
        pairs = zip(self.figures.get("ser", ()), self.figures.get("kamailio", ()), strict=False)
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        return statistics.median(ratios) if ratios else math.nan

    @property
    def verdict(self) -> str:
        """ "ok", "missed", or nothing without a target or a figure to hold against it."""
        ours, ratio = self.median("ser"), self.ratio
        if not self.limit or math.isnan(ours):
            return ""
        if self.at_most_ratio is not math.inf and math.isnan(ratio):
            return ""
        missed = ratio > self.at_most_ratio or ours > self.at_most or ours < self.at_least
        return "missed" if missed else "ok"


def progress(text: str) -> None:
    """Tell on stderr what goes on; stdout is for the table."""
    print(text, file=sys.stderr, flush=True)


def highest_rate(kind: Kind, first: int, is_borne: Callable[[int], bool]) -> int:
    """REGISTERs a second: double from `first` until one isn't borne, then halve the gap down to a
    tenth; `is_borne` tries a rate."""
    borne, failed, rate = 0, 0, first
    while not failed or failed - borne > borne / 10:
        good = is_borne(rate)
        progress(f"  {kind.name:9} {rate} REGISTERs/s: {'clean' if good else 'retransmissions'}")
        borne, failed = (rate, failed) if good else (borne, rate)
        if failed and failed < 20:
            break
        rate = (borne + failed) // 2 if failed else rate * 2
    return borne


@contextmanager
def workplace() -> Iterator[Path]:
    """A directory in memory, so that no disk takes part."""
    parent = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="ser-bench-", dir=parent) as name:
        yield Path(name)


def start_up(kinds: list[Kind], times: int) -> list[Measure]:
    """From exec to the first answer to an OPTIONS."""
    measure = Measure("start-up until the first answer", "ms", "<= 600 ms", at_most=600)
    with workplace() as directory:
        for _ in range(times):
            for kind in kinds:
                with Proxy(kind, directory) as proxy:
                    measure.add(kind, proxy.start_up * 1000)
    return [measure]


def costs(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """CPU per REGISTER and per call, memory per registration."""
    first = Measure("CPU per REGISTER, new binding", "us", "<= 2.5 x", at_most_ratio=2.5)
    again = Measure("CPU per REGISTER, refresh", "us", "<= 2.5 x", at_most_ratio=2.5)
    call = Measure("CPU per call", "us", "<= 1.5 x", at_most_ratio=1.5)
    memory = Measure("memory per registration", "bytes", "<= 600 bytes", at_most=600)
    for number in range(sizes.rounds):
        progress(f"round {number + 1} of {sizes.rounds}")
        with workplace() as directory, ExitStack() as running:
            loads = []
            for kind in kinds:
                proxy = running.enter_context(Proxy(kind, directory))
                loads.append((kind, proxy, Load(proxy, directory, users=sizes.users)))
            for kind, proxy, load in loads:
                # What only grows once (caches, pools) must not count as memory of registrations.
                Load(proxy, directory, users=WARM, name="warm").register(sizes.register_rate)
                before = memory_of(proxy.pid, proxy.run_directory)
                note(first, kind, partial(load.register, sizes.register_rate))
                after = memory_of(proxy.pid, proxy.run_directory)
                memory.add(kind, (after.total - before.total) / sizes.users)
            for kind, _, load in loads:
                note(again, kind, partial(load.register, sizes.register_rate))
            for _ in range(sizes.slices):
                for kind, _, load in loads:
                    note(call, kind, partial(load.call, sizes.call_rate, sizes.calls))
    return [call, first, again, memory]


def note(measure: Measure, kind: Kind, take: Callable[[], Cost]) -> None:
    """Keep the figure of a load that went through cleanly; try some times.

    Retransmissions tell that somebody else had the CPUs; they cost, and who pays is chance.
    """
    for _ in range(TRIES):
        cost = take()
        progress(f"  {kind.name:9} {measure.name}: {cost.microseconds:.0f} {measure.unit}")
        if cost.is_clean:
            measure.add(kind, cost.microseconds)
            return
        again = cost.outcome.retransmissions
        progress(f"    not taken: {cost.outcome.successful} of {cost.count}, {again} sent again")
    raise RuntimeError(f"{kind.name}: {measure.name}: {cost.outcome.errors[:500]}")


def capacity(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """Calls a second that one core sustains without a retransmission by anyone."""
    measure = Measure("calls per second on one core", "calls/s")
    for kind in kinds:
        with workplace() as directory, Proxy(kind, directory, core=PROXY_CORE) as proxy:
            load = Load(proxy, directory, users=1000, core=LOAD_CORE)
            load.register(500)
            measure.add(kind, _highest_clean_rate(kind, load, sizes.trial_seconds))
    return [measure]


def _highest_clean_rate(kind: Kind, load: Load, seconds: int) -> int:
    """Double until it fails, then halve the gap down to a twentieth."""
    clean, failed, rate = 0, 0, 400
    while not failed or failed - clean > clean / 20:
        good = load.call(rate, rate * seconds).is_clean
        progress(f"  {kind.name:9} {rate} calls/s: {'clean' if good else 'retransmissions'}")
        clean, failed = (rate, failed) if good else (clean, rate)
        if failed and failed < 20:
            break
        rate = (clean + failed) // 2 if failed else rate * 2
    return clean


def overload(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """What is still answered when three times as much is asked as can be answered."""
    requests = Measure("REGISTERs answered under a threefold load", "%", ">= 80 %", at_least=80)
    calls = Measure("calls completed under a threefold load", "%")
    for kind in kinds:
        with workplace() as directory, Proxy(kind, directory, core=PROXY_CORE) as proxy:
            flood = Flood(proxy)
            best = highest_answered_rate(flood, 2)
            loaded = flood.run(3 * best, sizes.trial_seconds)
            progress(f"  {kind.name:9} {best}/s at best; {loaded.answered} of {loaded.sent}/s")
            requests.add(kind, 100 * loaded.answered / best)
            flood.close()
        with workplace() as directory, Proxy(kind, directory, core=PROXY_CORE) as proxy:
            load = Load(proxy, directory, users=1000, core=LOAD_CORE)
            load.register(500)
            bearable = _highest_clean_rate(kind, load, sizes.trial_seconds)
            rate = load.flood(3 * bearable, sizes.trial_seconds * 2)
            progress(f"  {kind.name:9} {rate:.0f} of {3 * bearable} calls/s completed")
            calls.add(kind, 100 * rate / bearable)
    return [requests, calls]


def leak(kinds: list[Kind], sizes: Sizes) -> list[Measure]:
    """Memory after a tenth of the load and after all of it, each time with nothing in flight.

    After each tenth all transactions are left to end, so that each begins and peaks alike: an
    allocator that keeps its peak must not be taken for a leak.
    """
    early = Measure("memory after 10 % of the leak run", "MB")
    late = Measure("memory after all of the leak run", "MB")
    for kind in kinds:
        with workplace() as directory, Proxy(kind, directory) as proxy:
            load = Load(proxy, directory, users=sizes.users)
            tenth = sizes.leak_calls // 10
            for number in range(1, 11):
                load.register(sizes.register_rate, tenth)
                load.call(sizes.call_rate, tenth)
                time.sleep(sizes.leak_settle)  # timers run; there is nothing to ask
                used = memory_of(proxy.pid, proxy.run_directory).total / 1e6
                progress(f"  {kind.name:9} after {number * tenth}: {used:.1f} MB")
                if number == 1:
                    early.add(kind, used)
            late.add(kind, used)
    ours = early.median("ser")
    # A twentieth is what allocators and caches may still differ by.
    late.limit, late.at_most = f"<= {ours * 1.05:.1f} MB", ours * 1.05
    return [early, late]

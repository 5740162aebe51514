"""`python -m bench.profile call|register|refresh`: where our receiver spends its Python time.

py-spy looks 500 times a second at the thread that holds the interpreter lock, from outside.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from bench.load import Load
from bench.measures import progress, workplace
from bench.processes import cpu_clock, process_tree
from bench.proxies import SER, Proxy

PY_SPY = Path(sys.executable).parent / "py-spy"
SECONDS = 10
RATES = {"call": 1000, "register": 2000, "refresh": 2000}
SHOWN = 30


def busiest(proxy: Proxy) -> int:
    """The pid of the attendant's busiest child: the receiver."""
    return max(process_tree(proxy.pid)[1:], key=lambda pid: time.clock_gettime(cpu_clock(pid)))


def record(what: str, directory: Path) -> str:
    """Collapsed stacks of the receiver under that load."""
    users = RATES[what] * SECONDS
    stacks = directory / "stacks"
    with Proxy(SER, directory) as proxy:
        load = Load(proxy, directory, users=users if what != "call" else 1000)
        Load(proxy, directory, users=1000, name="warm").register(1000)
        if what != "register":
            load.register(2000)
        command = [
            str(PY_SPY),
            "record",
            "--pid",
            str(busiest(proxy)),
            "--duration",
            str(SECONDS - 1),
        ]
        command += ["--gil", "--nonblocking", "--rate", "500", "--format", "raw"]
        with subprocess.Popen(
            [*command, "--output", str(stacks)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as spy:
            cost = load.call(1000, 1000 * SECONDS) if what == "call" else load.register(RATES[what])
            spy.wait()
        progress(f"{cost.microseconds:.0f} us of CPU each")
    return stacks.read_text()


def print_shares(stacks: str) -> None:
    """By function: its own share of the samples, and with all that it called."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    samples = 0
    for line in stacks.splitlines():
        stack, number = line.rsplit(" ", 1)
        count = int(number)
        frames = [re.sub(r":\d+\)$", ")", frame) for frame in stack.split(";")]
        samples += count
        own[frames[-1]] += count
        for frame in set(frames):
            total[frame] += count
    print(f"{samples} samples\n  own  total")
    for frame, share in own.most_common(SHOWN):
        print(f"{100 * share / samples:5.1f}% {100 * total[frame] / samples:5.1f}%  {frame}")


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "call"
    if what not in RATES:
        sys.exit(f"usage: python -m bench.profile {'|'.join(RATES)}")
    with workplace() as directory:
        print_shares(record(what, directory))


if __name__ == "__main__":
    main()

"""`python -m bench`: run the measures, print the table, write the JSON."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace

from bench import measures, report
from bench.auth import auth
from bench.db import db
from bench.fifo import fifo
from bench.measures import Measure, Sizes
from bench.proxies import KAMAILIO, SER, Kind
from bench.serctl import serctl
from bench.sertui import sertui

QUICK = Sizes(
    rounds=1, slices=3, users=5000, calls=2000, trial_seconds=3, leak_calls=50_000, db_rates=False
)

MEASURES: dict[str, Callable[[list[Kind], Sizes], list[Measure]]] = {
    "start": lambda kinds, sizes: measures.start_up(kinds, 5),
    "costs": measures.costs,
    "capacity": measures.capacity,
    "overload": measures.overload,
    "leak": measures.leak,
    "auth": auth,
    "db": db,
    "fifo": fifo,
    "serctl": serctl,
    "sertui": sertui,
}
BY_DEFAULT = ("start", "costs", "capacity", "fifo", "serctl", "sertui")
OF_SER_ALONE = {"fifo", "serctl", "sertui"}
"""These need neither Kamailio nor a load."""


def main(arguments: list[str] | None = None) -> int:
    """0 when all targets are met, 1 when one is missed, 2 when a program isn't there."""
    options = _options().parse_args(arguments)
    # So that proxies and databases are taken down, as they are after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    names = options.measure or BY_DEFAULT
    kinds = [kind for kind in (SER, KAMAILIO) if options.proxy in ("both", kind.name)]
    missing = [kind.program for kind in kinds if not kind.is_there]
    missing += [] if shutil.which("sipp") else ["sipp"]
    if missing and not OF_SER_ALONE.issuperset(names):
        print(f"bench: not installed: {', '.join(missing)}", file=sys.stderr)
        return 2
    sizes = QUICK if options.quick else Sizes()
    if options.rounds:
        sizes = replace(sizes, rounds=options.rounds)
    taken: list[Measure] = []
    for name in names:
        measures.progress(name)
        taken += MEASURES[name](kinds, sizes)
    print(report.table(taken))
    print(f"\n{report.write(taken, sizes)}")
    return 1 if any(measure.verdict == "missed" for measure in taken) else 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "measure",
        nargs="*",
        choices=[*MEASURES, []],
        metavar="MEASURE",
        help=f"of {', '.join(MEASURES)}; without any: {', '.join(BY_DEFAULT)}",
    )
    parser.add_argument("--proxy", choices=("both", "ser", "kamailio"), default="both")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, one round")
    parser.add_argument("--rounds", type=int, help="fresh starts of each proxy")
    return parser


if __name__ == "__main__":  # not in the processes that a measure starts
    sys.exit(main())

"""The results: a table for people, JSON for whoever compares runs."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tabulate import tabulate

from bench.measures import Measure, Sizes

RESULTS = Path(__file__).parent / "results"


def table(measures: list[Measure]) -> str:
    """One line per measure: medians side by side, their ratio, the target."""
    rows = [
        [
            measure.name,
            measure.unit,
            _number(measure.median("ser")),
            _number(measure.median("kamailio")),
            _number(measure.ratio, digits=2),
            measure.limit,
            measure.verdict,
        ]
        for measure in measures
    ]
    headers = ["median of", "unit", "ser", "kamailio", "ratio", "target", ""]
    align = ("left", "left", "right", "right", "right", "left", "left")
    return tabulate(rows, headers, colalign=align, disable_numparse=True)


def _number(figure: float, digits: int = 0) -> str:
    if math.isnan(figure):
        return "-"
    return f"{figure:.{digits if figure >= 10 or digits else 1}f}"


def write(measures: list[Measure], sizes: Sizes) -> Path:
    """Write all figures as JSON; the file is named for the time."""
    now = datetime.now(UTC)
    document = {
        "time": now.isoformat(timespec="seconds"),
        "machine": _machine(),
        "sizes": asdict(sizes),
        "measures": [_measure(measure) for measure in measures],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "unit": measure.unit,
        "target": measure.limit,
        "verdict": measure.verdict,
        "ratio": None if math.isnan(measure.ratio) else round(measure.ratio, 3),
        "figures": {
            name: [round(figure, 3) for figure in figures]
            for name, figures in measure.figures.items()
        },
    }


def _machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "kamailio": _first_line("kamailio", "-v"),
        "sipp": _first_line("sipp", "-v"),
    }


def _first_line(*command: str) -> str:
    """The first line that a program says about itself; empty when it isn't there."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return next((line.strip() for line in run.stdout.splitlines() if line.strip()), "")

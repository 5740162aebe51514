"""Does what a page of the docs tells, in the order in which it stands there.

A block of `sh` is run by bash, and must succeed. A block of `text` right behind it is what it
prints; `…` stands for anything, alone on a line for any lines. A comment such as
`<!-- test: the phone registers -->` has happen here what the page tells in words.

    python -m tests.support.walk docs/service.md
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 60.0
_STEP = re.compile(
    r"^```sh\n(?P<commands>.*?)^```\n(?:\s*^```text\n(?P<printed>.*?)^```\n)?"
    r"|^<!-- test: (?P<event>.*?) -->$",
    re.M | re.S,
)


class Strayed(AssertionError):
    """The page tells something else than what happens."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the page tells."""

    line: int
    commands: str = ""
    printed: str | None = None
    event: str = ""


def steps_of(page: str) -> Iterator[Step]:
    """What a page tells, in order."""
    for found in _STEP.finditer(page):
        line = page.count("\n", 0, found.start()) + 1
        yield Step(line, found["commands"] or "", found["printed"], found["event"] or "")


def looks_like(expected: str, printed: str) -> bool:
    """Whether that was printed, with `…` for what differs each time."""
    lines = [".*" if line == "…" else _pattern(line) + r"\n" for line in expected.splitlines()]
    return re.fullmatch("".join(lines), printed, re.S if ".*" in lines else 0) is not None


def _pattern(line: str) -> str:
    """A blank stands for any number of them, as tables have them."""
    words = (re.escape(part).replace(r"\ ", " +") for part in re.sub(" +", " ", line).split("…"))
    return "[^\n]*".join(words) + " *"


def take(step: Step, events: Mapping[str, Callable[[], None]]) -> str:
    """Do one step; what it printed. Raises Strayed."""
    if step.event:
        if step.event not in events:
            raise Strayed(f"line {step.line}: nobody knows how: {step.event}")
        events[step.event]()
        return f"({step.event})\n"
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", step.commands],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    shown = f"{step.commands}{run.stdout}"
    if run.returncode != 0:
        raise Strayed(f"line {step.line}: exit status {run.returncode}\n{shown}")
    if step.printed is not None and not looks_like(step.printed, run.stdout):
        raise Strayed(f"line {step.line}: expected\n{step.printed}\nof\n{shown}")
    return shown


def walk(page: str, events: Mapping[str, Callable[[], None]]) -> None:
    """Do all steps, and show what happens. Raises Strayed."""
    for step in steps_of(page):
        sys.stdout.write(f"-- line {step.line}\n{take(step, events)}")
        sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """The exit status."""
    from tests.support.walk_events import Events

    with Events() as events:
        try:
            walk(Path(arguments[0]).read_text(), events.by_name())
        except Strayed as error:
            sys.stdout.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

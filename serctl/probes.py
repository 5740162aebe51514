"""The words of `serctl ping`, after ping(8). No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterable

from ser_core.fifo.probes import Outcome, Probe, Tally, milliseconds
from serctl.exit_status import ExitStatus


def probe_line(probe: Probe) -> str:
    """One probe, for people."""
    behind = f"{probe.target}: seq={probe.seq}"
    if probe.is_answered:
        status = f"{probe.code} {probe.text}"
        return f"{status} from {behind} time={milliseconds(probe.seconds)} ms"
    if probe.outcome is Outcome.ERROR:
        return f"{probe.code} {probe.text} (says ser) for {behind}"
    return f"no answer from {behind} within {probe.seconds:.3g} s"


def raw_line(probe: Probe) -> str:
    """What SER's serctl prints: the code, and `200 OK` in full."""
    return "200 OK" if probe.code == 200 else f"{probe.code}"


def summary(tally: Tally, elapsed: float) -> str:
    """The last lines, in ping(8)'s words, since programs parse them."""
    errors = f", +{tally.errors} errors" if tally.errors else ""
    lines = [
        f"--- {tally.target} ping statistics ---",
        f"{tally.transmitted} packets transmitted, {tally.received} received{errors}, "
        f"{tally.loss:.6g}% packet loss, time {elapsed * 1000:.0f}ms",
    ]
    if tally.received:
        times = tally.times
        shown = (times.lowest, times.average, times.highest, times.deviation)
        figures = "/".join(f"{x * 1000:.3f}" for x in shown)
        lines.append(f"rtt min/avg/max/mdev = {figures} ms")
    return "\n".join(lines)


def exit_status(tallies: Iterable[Tally]) -> ExitStatus:
    """What to end with for one argument: the best that any of its contacts did."""
    of_all = list(tallies)
    if any(tally.answered_ok for tally in of_all):
        return ExitStatus.OK
    if any(tally.received or tally.errors for tally in of_all):
        return ExitStatus.REFUSED
    return ExitStatus.TIMEOUT

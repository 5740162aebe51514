"""Probes with OPTIONS, as ping(8) counts its own. No I/O, no clock.

A target is pinged with OPTIONS. Whatever response comes back from it shows that it lives, so that
is what "received" counts; an error is what ser says of its own accord (a name that can't be
resolved), as ping(8) counts "Destination Host Unreachable".
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from ser_core.fifo.uac import TIMEOUT, Answer


class Outcome(enum.Enum):
    """What became of a probe."""

    OK = "ok"
    """The target answered with 2xx."""
    REFUSED = "refused"
    """The target lives, and answered with something else."""
    ERROR = "error"
    """ser couldn't send it, or didn't want to."""
    SILENCE = "silence"
    """Nobody answered."""


def outcome_of(answer: Answer) -> Outcome:
    """What the answer to an OPTIONS means."""
    if answer.is_from_afar:
        return Outcome.OK if answer.is_success else Outcome.REFUSED
    return Outcome.SILENCE if answer.code == TIMEOUT else Outcome.ERROR


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe that is over."""

    target: str
    seq: int
    outcome: Outcome
    code: int
    text: str
    """Reason phrase of the response, or ser's words."""
    seconds: float
    """From asking to knowing."""

    @property
    def is_answered(self) -> bool:
        return self.outcome in (Outcome.OK, Outcome.REFUSED)


class RoundTrips:
    """Minimum, average, maximum and mean deviation of times, without keeping them."""

    def __init__(self) -> None:
        self.count = 0
        self.lowest = math.inf
        self.highest = 0.0
        self.average = 0.0
        self._squares = 0.0  # of the distances from the average (Welford): no big sums to cancel

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.count += 1
        self.lowest = min(self.lowest, seconds)
        self.highest = max(self.highest, seconds)
        distance = seconds - self.average
        self.average += distance / self.count
        self._squares += distance * (seconds - self.average)

    @property
    def deviation(self) -> float:
        """What ping(8) calls mdev: the standard deviation of all times."""
        return math.sqrt(self._squares / self.count) if self.count else 0.0


class Tally:
    """All that happened to the probes of one target."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.transmitted = 0
        self.errors = 0
        self.answered_ok = 0
        self.times = RoundTrips()

    def sent(self) -> int:
        """One more has left; its number."""
        self.transmitted += 1
        return self.transmitted

    def over(self, probe: Probe) -> None:
        """This is what became of one."""
        if probe.is_answered:
            self.times.add(probe.seconds)
        self.errors += probe.outcome is Outcome.ERROR
        self.answered_ok += probe.outcome is Outcome.OK

    @property
    def received(self) -> int:
        return self.times.count

    @property
    def loss(self) -> float:
        """Percent."""
        return 100 * (1 - self.received / self.transmitted) if self.transmitted else 0.0


def milliseconds(seconds: float) -> str:
    """Digits as ping(8) shows them: the fewer, the longer it took."""
    value = seconds * 1000
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}"

"""How numbers move: rates and short histories. No I/O; time is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from serctl.readings import Number

KEPT = 60
"""Cycles that a history goes back."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A number and where it comes from."""

    number: Number
    rate: float | None
    """A second, since the cycle before; None when there was none, and for gauges."""
    history: tuple[float, ...]
    """What a sparkline shows: rates of a counter, values of a gauge."""


class Trends:
    """Remembers a few cycles."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._last: dict[tuple[str, str], int] = {}
        self._histories: dict[tuple[str, str], deque[float]] = {}
        self._time = 0.0

    def add(self, numbers: Sequence[Number], now: float) -> list[Trend]:
        """Take in the numbers of a cycle."""
        current = {(x.section, x.name): x.value for x in numbers}
        if self._has_restarted(numbers):
            self._last.clear()
            self._histories.clear()
        seconds = now - self._time
        trends = [self._trend(number, seconds) for number in numbers]
        self._last, self._time = current, now
        return trends

    def _has_restarted(self, numbers: Sequence[Number]) -> bool:
        """A counter that goes back began anew: another ser."""
        return any(
            not x.is_gauge and x.value < self._last.get((x.section, x.name), 0) for x in numbers
        )

    def _trend(self, number: Number, seconds: float) -> Trend:
        key = (number.section, number.name)
        before = self._last.get(key)
        rate = None
        if not number.is_gauge and before is not None and seconds > 0:
            rate = (number.value - before) / seconds
        history = self._histories.setdefault(key, deque(maxlen=self._kept))
        if number.is_gauge:
            history.append(number.value)
        elif rate is not None:
            history.append(rate)
        return Trend(number, rate, tuple(history))

"""How the numbers went that can be plotted, for as long as the widest screen shows. No Textual."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from sertui.snapshot import Snapshot

KEPT = 600
"""Seconds, at a snapshot each."""
RECEIVED = ("transport.udp_received", "transport.tcp_received")
SENT = ("transport.udp_sent", "transport.tcp_sent")
CLASSES = "23456"
"""Of final responses, by their first digit."""


def total(values: Mapping[str, float], names: Iterable[str]) -> float | None:
    """Their sum; None when none of them is known."""
    found = [values[name] for name in names if name in values]
    return sum(found) if found else None


def replies_of(digit: str) -> tuple[str, ...]:
    """Counters of the responses of a class: those sent without and those within a transaction."""
    codes = {"2": ("200", "202"), "3": ("300", "301", "302"), "5": ("500",)}
    codes["4"] = ("400", "401", "403", "404", "407", "408", "483")
    names = (*codes.get(digit, ()), f"{digit}xx")
    return (*(f"sl.replies_{name}" for name in names), f"tm.completed_{digit}xx")


@dataclass(frozen=True, slots=True)
class Series:
    """The sum of some rates."""

    label: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """What one plot shows: one series upwards, the other one downwards."""

    title: str
    upper: Series
    lower: Series


VIEWS = (
    View("Messages/s", Series("in", RECEIVED), Series("out", SENT)),
    View(
        "Replies/s",
        Series("2xx", replies_of("2")),
        Series("4xx–6xx", (*replies_of("4"), *replies_of("5"), *replies_of("6"))),
    ),
    View("Transactions/s", Series("begun", ("tm.total",)), Series("ended", ("tm.finished",))),
    View(
        "REGISTER/s",
        Series("accepted", ("registrar.accepted",)),
        Series("refused", ("registrar.refused",)),
    ),
)


class Trends:
    """The rates of all counters; fed with snapshots."""

    def __init__(self) -> None:
        self._kept: deque[Mapping[str, float]] = deque(maxlen=KEPT)

    def add(self, snapshot: Snapshot) -> None:
        """One more moment; while ser is lost, nothing passes."""
        if snapshot.connected and not snapshot.rates:
            return
        self._kept.append(snapshot.rates)

    def last(self, names: Iterable[str], count: int) -> list[float]:
        """The last sums of these rates, fewer when there aren't so many yet."""
        newest = islice(reversed(self._kept), max(count, 0))
        return [total(rates, names) or 0.0 for rates in newest][::-1]

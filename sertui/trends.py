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
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE",
           "NOTIFY", "PUBLISH", "INFO", "PRACK", "UPDATE", "REFER", "other")  # fmt: skip
"""Of requests, as ser counts them."""
CLASSES = "123456"
"""Of responses, by their first digit."""


def total(values: Mapping[str, float], names: Iterable[str]) -> float | None:
    """Their sum; None when none of them is known."""
    found = [values[name] for name in names if name in values]
    return sum(found) if found else None


def requests_of(*methods: str) -> tuple[str, ...]:
    """Counters of the requests of these methods that came in."""
    return tuple(f"received.{method}" for method in methods)


def replies_of(*digits: str) -> tuple[str, ...]:
    """Counters of the responses of these classes that went out."""
    return tuple(f"sent.{digit}xx" for digit in digits)


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


@dataclass(frozen=True, slots=True)
class Bands:
    """A plot of many: one above the other, those of them that anything is known of."""

    title: str
    series: tuple[Series, ...]


VIEWS: tuple[View | Bands, ...] = (
    View("Messages/s", Series("in", RECEIVED), Series("out", SENT)),
    Bands(
        "Requests/s by method",
        tuple(Series(method, requests_of(method)) for method in METHODS),
    ),
    Bands(
        "Replies/s by class",
        tuple(Series(f"{digit}xx", replies_of(digit)) for digit in CLASSES),
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

    def now(self, names: Iterable[str]) -> float | None:
        """The newest sum; None when it isn't known, such as while ser is lost."""
        return total(self._kept[-1], names) if self._kept else None

    def last(self, names: Iterable[str], count: int) -> list[float]:
        """The last sums of these rates, fewer when there aren't so many yet."""
        newest = islice(reversed(self._kept), max(count, 0))
        return [total(rates, names) or 0.0 for rates in newest][::-1]

"""The numbers in SER's statistics replies: `t_stats`, `sl_stats`, `ul_stats`. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

GAUGES = ("Current", "waiting", "users")
"""What goes up and down; all else only counts, so that its rate tells more than itself."""

_PAIR = re.compile(r"\((\d+) (\w+)\)|([A-Za-z0-9][\w ]*): *(-?\d+)")
_DOMAIN = re.compile(r"'(.*)' (\d+) (-?\d+)")
_PREFIX = "Completion status "


@dataclass(frozen=True, slots=True)
class Number:
    """One of them, at one time."""

    section: str
    name: str
    value: int

    @property
    def is_gauge(self) -> bool:
        return self.name.rpartition(" ")[2] in GAUGES


def _pairs(text: str) -> Iterator[tuple[str, int]]:
    """`NAME: N` and `(N NAME)`."""
    for aside, aside_name, name, value in _PAIR.findall(text):
        if aside_name:
            yield aside_name, int(aside)
        else:
            yield name.strip().removeprefix(_PREFIX), int(value)


def _domains(text: str) -> Iterator[tuple[str, int]]:
    """`'location' REGISTERED EXPIRED`, a line for each domain."""
    for domain, registered, expired in _DOMAIN.findall(text):
        yield f"{domain} users", int(registered)
        yield f"{domain} expired", int(expired)


@dataclass(frozen=True, slots=True)
class Source:
    """A FIFO command that tells numbers."""

    command: str
    title: str
    """As SER's serctl heads them."""
    read: Callable[[str], Iterator[tuple[str, int]]]


SOURCES = (
    Source("t_stats", "Transaction Statistics", _pairs),
    Source("sl_stats", "Stateless Server Statistics", _pairs),
    Source("ul_stats", "UsrLoc Stats", _domains),
)


def numbers_of(source: Source, text: str) -> list[Number]:
    """What the reply to the command says."""
    return [Number(source.title, name, value) for name, value in source.read(text)]

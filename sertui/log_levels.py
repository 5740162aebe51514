"""The levels of the log: how they rank, and the sign that each bears beside its colour."""

from __future__ import annotations

import re
from typing import NamedTuple

HIGHEST = 9
"""Of `debug`: whole messages."""
WARNING = 1

_RANKS = {"ALERT": -3, "CRIT": -2, "ERR": -1, "LOG": 0, "WARN": WARNING, "NOTICE": 2, "INFO": 3}
_DEBUG = re.compile(r"DBG([4-9])")


class Kind(NamedTuple):
    """How lines of some levels look."""

    name: str
    sign: str
    """One place wide, in every font: a colour alone tells nothing on paper."""


SERIOUS = Kind("serious", "×")
WARNED = Kind("warned", "!")
NOTICED = Kind("noticed", "•")
TOLD = Kind("told", "·")
TRACED = Kind("traced", " ")
KINDS = (SERIOUS, WARNED, NOTICED, TOLD, TRACED)

MEANINGS = {
    -1: "errors",
    0: "errors, log()",
    1: "warnings",
    2: "notices",
    3: "information",
    4: "each message",
    5: "transactions",
    6: "timers",
    7: "lookups",
    8: "steps",
    9: "all, whole messages",
}
"""What a debug level adds to those below it."""

FILTERS = (-1, 1, 2, 3, 4, 5, 6, 7, 8, 9)
"""Levels up to which lines can be shown."""


def rank(name: str) -> int:
    """The number of a level by its name; what this version doesn't know ranks highest."""
    known = _RANKS.get(name)
    if known is not None:
        return known
    found = _DEBUG.fullmatch(name)
    return int(found[1]) if found else HIGHEST


def name_of(level: int) -> str:
    """The name that lines of a level bear."""
    return next((name for name, number in _RANKS.items() if number == level), f"DBG{level}")


def kind_of(name: str) -> Kind:
    """How a line of that level looks."""
    number = rank(name)
    if number <= 0:
        return SERIOUS
    if number <= 1:
        return WARNED
    if number <= 2:
        return NOTICED
    return TOLD if number <= 3 else TRACED


def narrower(level: int) -> int:
    """The filter that shows less than `level`."""
    return max((found for found in FILTERS if found < level), default=FILTERS[0])


def wider(level: int) -> int:
    """The filter that shows more than `level`."""
    return min((found for found in FILTERS if found > level), default=HIGHEST)

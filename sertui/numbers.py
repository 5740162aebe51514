"""Numbers as a reader takes them in: separated thousands, units, no more digits than tell."""

from __future__ import annotations

NOTHING = "–"
"""Where nothing is known."""
_DAY, _HOUR, _MINUTE = 86400, 3600, 60


def number(value: float | None) -> str:
    """`1,204`; with one decimal below ten where there is one."""
    if value is None:
        return NOTHING
    if 0 < value < 9.95 and value != int(value):
        return f"{value:.1f}"
    return f"{value:,.0f}"


def short(value: float | None) -> str:
    """Five places at most: `9,999`, `12.3k`, `1.23M`."""
    if value is None or abs(value) < 10_000:
        return number(value)
    for unit, size in (("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)):
        scaled = value / size
        if scaled < 999.5:
            return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f}{unit}"
    return f"{value:.1e}"


def size(octets: int | None) -> str:
    """`512 KB`, `41 MB`, `1.2 GB`."""
    if octets is None:
        return NOTHING
    if octets < 1_000_000:
        return f"{octets / 1e3:.0f} KB"
    return f"{octets / 1e6:.0f} MB" if octets < 1e9 else f"{octets / 1e9:.1f} GB"


def percent(value: float | None) -> str:
    """`12%`; with a decimal below ten."""
    if value is None:
        return NOTHING
    return f"{value:.1f}%" if value < 9.95 else f"{value:.0f}%"


def duration(seconds: float | None) -> str:
    """The two largest units: `3 d 4 h`, `4 h 12 min`, `12 min 3 s`, `3 s`."""
    if seconds is None:
        return NOTHING
    whole = max(int(seconds), 0)
    days, hours = divmod(whole, _DAY)
    hours, minutes = divmod(hours, _HOUR)
    minutes, rest = divmod(minutes, _MINUTE)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"

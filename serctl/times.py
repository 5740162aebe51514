"""Times as people read them: absolute beside relative, and durations such as 10m."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_UNITS = {"d": 86400, "h": 3600, "min": 60, "s": 1}
_LETTERS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"(\d+(?:\.\d+)?)(min|[smhd]?)")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time in a table; None: there is none, and `otherwise` is shown."""

    epoch: float | None
    otherwise: str = ""
    precision: str = "seconds"
    """How exactly programs are told; as datetime.isoformat has it."""


def read_duration(text: str) -> float:
    """Seconds of "90", "10m", "1h30m". Raises ValueError with a sentence."""
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise ValueError(f"{text!r} is not a duration such as 90, 10m or 1h30m")
    return sum(float(part[1]) * _LETTERS[part[2]] for part in parts)


def span(seconds: float) -> str:
    """A length of time in its two greatest units: "2 d 3 h", "55 min", "4 s"."""
    rest = round(abs(seconds))
    words = []
    for unit, size in _UNITS.items():
        if rest >= size:
            words.append(f"{rest // size} {unit}")
            rest %= size
        elif words:
            break
    return " ".join(words[:2]) or "0 s"


def relative(epoch: float, now: float) -> str:
    """ "in 55 min", "3 s ago", "now"."""
    distance = round(epoch - now)
    if distance == 0:
        return "now"
    length = span(_rounded(abs(distance)))
    return f"in {length}" if distance > 0 else f"{length} ago"


def _rounded(seconds: int) -> int:
    """Seconds count below a minute only, minutes below a day."""
    for unit, limit in ((3600, 86400), (60, 60)):
        if seconds >= limit:
            return round(seconds / unit) * unit
    return seconds


def iso(epoch: float, precision: str = "seconds") -> str:
    """2026-11-23T01:46:52+01:00, for programs; what no calendar reaches stays a number."""
    when = _local(epoch)
    return when.isoformat(timespec=precision) if when else f"{epoch:.0f}"


def clock(epoch: float, now: float) -> str:
    """01:46:52 for a time of today, else 2026-11-23 01:46:52."""
    when, today = _local(epoch), _local(now)
    if when is None:
        return f"{epoch:.0f}"
    same_day = today is not None and when.date() == today.date()
    return when.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S")


def stamp(epoch: float) -> str:
    """2026-11-23 01:46:52.092, as the log writes it."""
    when = _local(epoch)
    return when.isoformat(" ", "milliseconds")[:23] if when else f"{epoch:.3f}"


def both(epoch: float, now: float) -> str:
    """Absolute and relative in one: "01:46:52 (in 55 min)"."""
    return f"{clock(epoch, now)} ({relative(epoch, now)})"


def _local(epoch: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(epoch).astimezone()
    except (OverflowError, ValueError, OSError):
        return None

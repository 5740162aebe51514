"""All that is known of a registration, in words."""

from __future__ import annotations

import time

from sertui.numbers import duration
from sertui.registrations import Registration


def fields(row: Registration, now: float) -> list[tuple[str, str]]:
    """Names and values, in the order in which one looks for them."""
    return [
        ("AOR", row.aor),
        ("Contact", row.contact),
        ("Transport", row.transport),
        ("Received", row.received or "as the contact says"),
        ("Expires", _expires(row, now)),
        ("q", row.q or "none given"),
        ("User agent", row.user_agent),
        ("Since", f"{_moment(row.since)}, {duration(now - row.since)} ago"),
        ("Call-ID", row.call_id),
        ("CSeq", row.cseq),
        ("Flags", f"{row.flags} (permanent)" if row.flags & 128 else f"{row.flags}"),
        ("Table", row.table),
    ]


def _expires(row: Registration, now: float) -> str:
    if row.is_permanent:
        return "never"
    left = row.expires - now
    distance = f"in {duration(left)}" if left > 0 else f"{duration(-left)} ago"
    return f"{_moment(row.expires)}, {distance}"


def _moment(epoch: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(epoch))
    except (OverflowError, ValueError, OSError):  # a time that no calendar has
        return f"{epoch:.0f}"


def summary(row: Registration, now: float) -> list[str]:
    """The same in two lines, the contact whole."""
    received = f"  received from {row.received}" if row.received else ""
    parts = [f"expires {_expires(row, now)}", f"q {row.q}" if row.q else "", row.user_agent]
    return [f"{row.aor}  {row.contact}{received}", "   ".join(filter(None, parts))]

"""The Date header (RFC 3261 §20.17): always in GMT, always in English."""

from __future__ import annotations

import time

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_line(wall_time: float) -> bytes:
    """`Date: Sat, 13 Nov 2010 23:29:00 GMT` with CRLF, for seconds since 1970.

    Not strftime: that speaks the language of the locale.
    """
    then = time.gmtime(wall_time)
    day, month = _DAYS[then.tm_wday], _MONTHS[then.tm_mon - 1]
    clock = f"{then.tm_hour:02}:{then.tm_min:02}:{then.tm_sec:02}"
    return f"Date: {day}, {then.tm_mday:02} {month} {then.tm_year} {clock} GMT\r\n".encode()

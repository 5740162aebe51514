"""What ul_add is given: checked in words before ser is asked. No Textual."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ser_core.fifo.contacts import is_uri
from sertui.registrations import PERMANENT

LONGEST = (1 << 32) - 1
"""Seconds that an Expires header can say (RFC 3261 §20.19)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed."""

    aor: str
    contact: str
    expires: str = "3600"
    """Seconds; empty: for good."""
    q: str = "1.0"

    @property
    def problem(self) -> str:
        """What is wrong first, in words; "" when nothing is."""
        if not self.aor or any(char.isspace() for char in self.aor):
            return "The AOR is a user or user@domain, such as joe@example.com"
        if not is_uri(self.contact):
            return "The contact is a URI, such as sip:joe@192.0.2.9:5060"
        if self.expires and not _is_number(self.expires, LONGEST):
            return "Expires is a number of seconds, or empty: for good"
        if self.expires and not int(self.expires):
            return "Expires 0 would be over at once; leave it empty for good"
        return "" if _is_q(self.q) else "q is a number from 0 to 1"

    def arguments(self, table: str) -> tuple[str, ...]:
        """For ul_add."""
        flags = "0" if self.expires else f"{PERMANENT}"
        q = f"{float(self.q):.3f}"
        return (table, self.aor, self.contact, self.expires or "0", q, "0", flags)


def in_words(refusal: str) -> str:
    """What ser says, and what to do about it."""
    text = refusal.lower()
    if "@domain expected" in text:
        return f"{refusal}: this ser wants user@domain as the AOR"
    if "invalid contact" in text:
        return f"{refusal}: it is no URI that ser could send to"
    if "table" in text and ("not found" in text or "exist" in text):
        return f"{refusal}: tables are those that ser.cfg names in save() and lookup()"
    if "not available" in text:
        return f"{refusal}: ser.cfg loads no usrloc"
    return refusal


def _is_number(text: str, maximum: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= maximum


def _is_q(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and 0 <= float(text) <= 1
    except ValueError:
        return False

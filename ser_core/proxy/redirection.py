"""The Contact of a 3xx response: the destinations that the script has gathered (RFC 3261 §8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

MAX_CONTACT = 512
"""Longest Contact line, as in SER; what doesn't fit any more is left out."""


def contact_line(msg: ScriptMessage) -> bytes:
    """`Contact: <uri>;q=0.5, <uri>` with CRLF: the Request-URI, if the script rewrote it, and the
    branches. Empty when there is no destination, so that a redirect never points back at us."""
    contacts = []
    if msg.uri != msg.received_uri:
        contacts.append(b"<" + msg.uri + b">")
    contacts += [b"<" + branch.uri + b">" + _q_param(branch.q) for branch in msg.branches]
    line = b""
    for contact in contacts:
        longer = line + b", " + contact if line else b"Contact: " + contact
        if len(longer) + 2 <= MAX_CONTACT:
            line = longer
    return line + b"\r\n" if line else b""


def _q_param(q: int) -> bytes:
    """`;q=0.5` for 500 thousandths; empty when q is unspecified."""
    if q < 0:
        return b""
    if q >= 1000:
        return b";q=1"
    return b";q=" + (b"0.%03d" % q).rstrip(b"0").rstrip(b".") if q else b";q=0"

"""How long a request waits for databases, with all the questions that its script asks them.

A phone shall have its answer within two seconds, however many functions ask a slow database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ser_core.modules.api import REQUEST
from ser_core.modules.auth.authorized import state_of

if TYPE_CHECKING:
    from ser_core.script.runtime import ScriptMessage

PATIENCE: Final = 1.5
"""Seconds for all questions of one request."""
LEAST: Final = 0.05
"""Seconds for a question that comes when they are over."""
_UNTIL = "patience"


def patience(msg: ScriptMessage) -> float:
    """Seconds that the next question may take; in a failure_route nobody counts them."""
    if msg.kind is not REQUEST:
        return PATIENCE
    now = msg.core.monotonic()
    until: float = state_of(msg).setdefault(_UNTIL, now + PATIENCE)
    return max(until - now, LEAST)

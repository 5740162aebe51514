"""The signs that stand beside colours, and what they say: help and docs are made from this table.

A sign is at home where it is drawn (`RowState`, `State`, `Kind` …); here it gets its words.
"""

from __future__ import annotations

from dataclasses import dataclass

from sertui.actions import EVERYWHERE
from sertui.log_levels import NOTICED, SERIOUS, TOLD, WARNED
from sertui.ping_board import State
from sertui.registrations import RowState
from sertui.request_history import UNKNOWN

CURSOR = "›"
"""Before the line of the cursor, so that it is seen without colours."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One, or some that mean the same in two directions."""

    sign: str
    meaning: str
    where: str
    """A mode, or EVERYWHERE."""


SIGNS = (
    Sign("● ○", "In the first line: ser is up, or lost.", EVERYWHERE),
    Sign("▲", "A warning: something needs attention.", EVERYWHERE),
    Sign("–", "Not known.", EVERYWHERE),
    Sign("▴ ▾", "Behind a number: it has just grown, or fallen.", "overview"),
    Sign("… ● → ▲", "Before replies: 1xx, 2xx, 3xx, and what is worse.", "overview"),
    Sign(CURSOR, "The row that keys are for.", "registrations"),
    Sign(RowState.NEW.value, "It has come within the last ten seconds.", "registrations"),
    Sign(RowState.GONE.value, "It has gone; the row goes in ten seconds.", "registrations"),
    Sign(RowState.EXPIRED.value, "It is over its time, and goes soon.", "registrations"),
    Sign(RowState.PERMANENT.value, "It stays for good.", "registrations"),
    Sign("▲ ▼", "At a heading: sorted by it, upwards or downwards.", "registrations"),
    Sign("✓ ✗", "The request can be sent or not; the reply is a success or not.", "inject"),
    Sign(UNKNOWN, "Before what was sent: its end isn't known, or not yet.", "inject"),
    Sign(State.OK.value, "It answers.", "pings"),
    Sign(State.REFUSED.value, "It lives, and answers with an error.", "pings"),
    Sign(State.SILENT.value, "It doesn't answer.", "pings"),
    Sign(State.ERROR.value, "ser couldn't send the ping.", "pings"),
    Sign(State.WAITING.value, "The first answer hasn't come yet.", "pings"),
    Sign(State.PAUSED.value, "It rests.", "pings"),
    Sign(State.AWAY.value, "A user who isn't registered now.", "pings"),
    Sign(SERIOUS.sign, "An error, or a line of the script's log().", "log"),
    Sign(WARNED.sign, "A warning.", "log"),
    Sign(NOTICED.sign, "A notice.", "log"),
    Sign(TOLD.sign, "Information; traces have no sign.", "log"),
    Sign(CURSOR, "The line that keys are for.", "log"),
    Sign("▼ ■ ‖", "In the last line: following, not following, paused.", "log"),
)


def signs_of(where: str) -> list[Sign]:
    """Those of a mode, or of all."""
    return [sign for sign in SIGNS if sign.where == where]

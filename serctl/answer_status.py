"""Which exit status a response to a SIP request gives."""

from __future__ import annotations

from ser_core.fifo.uac import TIMEOUT, Answer
from serctl.exit_status import ExitStatus

NOBODY = (404, 410, 480, 604)
"""Statuses that say that nobody is there."""


def status_of(answer: Answer) -> ExitStatus:
    """0 for 2xx, 4 for a timeout, 5 when nobody is there, 1 for all other refusals."""
    if answer.is_success:
        return ExitStatus.OK
    if answer.code == TIMEOUT:
        return ExitStatus.TIMEOUT
    return ExitStatus.NOT_FOUND if answer.code in NOBODY else ExitStatus.REFUSED

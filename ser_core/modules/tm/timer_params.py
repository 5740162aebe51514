"""tm's parameters as `Timers`."""

from __future__ import annotations

from typing import Protocol

from ser_core.transaction.timers import Timers

T1 = 0.5


class TimerParams(Protocol):
    """What of tm's parameters makes the timers; whole seconds, as in SER."""

    fr_timer: int
    fr_inv_timer: int
    wt_timer: int
    retr_timer1p1: int
    retr_timer1p2: int
    retr_timer1p3: int
    retr_timer2: int
    restart_fr_on_each_reply: int


def timers_from(params: TimerParams) -> Timers:
    """The timers that a script's parameters ask for."""
    return Timers(
        t2=float(params.retr_timer2),
        fr_timer=float(params.fr_timer),
        fr_inv_timer=float(params.fr_inv_timer),
        linger=float(params.wt_timer),
        gaps=_gaps(params),
        restart_c=bool(params.restart_fr_on_each_reply),
    )


def _gaps(params: TimerParams) -> tuple[float, ...]:
    """The gaps between retransmissions; empty unless the script sets one of the first three."""
    wanted = (params.retr_timer1p1, params.retr_timer1p2, params.retr_timer1p3)
    if not any(wanted):
        return ()
    gaps = [float(wanted[0]) or T1]
    for gap in wanted[1:]:
        gaps.append(float(gap) or gaps[-1] * 2)
    return (*gaps, float(params.retr_timer2))

"""tm's parameters as timers."""

from __future__ import annotations

from ser_core.modules.tm.timer_params import timers_from
from ser_core.modules.tm.tm import Tm


def tm(**params: int) -> Tm:
    made = Tm()
    for name, value in params.items():
        setattr(made, name, value)
    return made


def test_defaults_are_the_rfcs_with_sers_fr_timers() -> None:
    timers = timers_from(tm())
    assert (timers.fr_timer, timers.fr_inv_timer, timers.linger) == (30, 120, 32)
    assert timers.gaps == ()


def test_sers_gaps_when_one_is_set() -> None:
    assert timers_from(tm(retr_timer1p1=1)).gaps == (1, 2, 4, 4)
    assert timers_from(tm(retr_timer1p1=1, retr_timer1p2=3, retr_timer1p3=5)).gaps == (1, 3, 5, 4)
    assert timers_from(tm(retr_timer1p2=3)).gaps == (0.5, 3, 6, 4)


def test_timer_c_may_stay() -> None:
    assert not timers_from(tm(restart_fr_on_each_reply=0)).restart_c

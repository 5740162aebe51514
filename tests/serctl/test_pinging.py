from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from ser_core.fifo.probes import Outcome, Probe, Tally
from ser_core.fifo.reach import CannotReach, NoReply, Reach
from ser_core.sip.request_text import SipRequest
from serctl.askers import Askers
from serctl.exit_status import Refused
from serctl.pinging import Pinger, Schedule, Sent
from tests.support.serctl_runs import FakeSer

WAIT = 10.0
OK = "200 OK\n.\n.\n.\nVia: SIP/2.0/UDP 10.0.0.1\r\n\r\n\n"
TIMEOUT = "408 Request Timeout\n"
A, B = "sip:a@10.0.0.1", "sip:b@10.0.0.2"


def options(uri: str) -> SipRequest:
    return SipRequest("OPTIONS", uri)


def pinged(
    ser: FakeSer,
    schedule: Schedule,
    *targets: str,
    tell: Callable[[Probe], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[list[Tally], list[Probe]]:
    tallies = [Tally(target) for target in targets]
    told: list[Probe] = []
    askers: Askers[Sent] = Askers(lambda: ser)
    pinger = Pinger(
        askers, tallies, schedule, request_for=options, tell=tell or told.append, clock=clock
    )
    pinger.run()
    return tallies, sorted(told, key=lambda probe: (probe.seq, probe.target))


def test_each_target_gets_as_many_probes_as_wanted() -> None:
    tallies, told = pinged(FakeSer(t_uac_dlg=OK), Schedule(2, 0, WAIT), A, B)
    assert [(x.seq, x.target) for x in told] == [(1, A), (1, B), (2, A), (2, B)]
    assert [(x.transmitted, x.received) for x in tallies] == [(2, 2), (2, 2)]


def test_a_probe_doesnt_wait_for_the_answer_to_the_one_before() -> None:
    all_sent = threading.Barrier(3)

    def answer(*_: object) -> str:
        all_sent.wait(WAIT)
        return OK

    [tally], _ = pinged(FakeSer(t_uac_dlg=answer), Schedule(3, 0.001, WAIT), A)
    assert tally.received == 3


def test_after_a_pause_there_is_no_burst() -> None:
    """The clock jumps by 100 s in front of the second probe: the third still comes 1 s after it."""
    now = 0.0
    sent: list[float] = []

    def clock() -> float:
        return now

    def answer(*_: object) -> str:
        sent.append(now)
        return OK

    def tell(probe: Probe) -> None:
        nonlocal now
        now += 100 if probe.seq == 1 else 1

    pinged(FakeSer(t_uac_dlg=answer), Schedule(3, 1, WAIT), A, tell=tell, clock=clock)
    assert sent == [0, 100, 101]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (OK, Outcome.OK),
        (OK.replace("200 OK", "486 Busy Here"), Outcome.REFUSED),
        (TIMEOUT, Outcome.SILENCE),
        (NoReply("no answer in time"), Outcome.SILENCE),
        ("478 fifo_uac_error: Unresolvable destination (478/FIFO/UAC)", Outcome.ERROR),
        ("500 the receiver died", Outcome.ERROR),
    ],
)
def test_what_becomes_of_a_probe(reply: str | Exception, outcome: Outcome) -> None:
    _, [probe] = pinged(FakeSer(t_uac_dlg=reply), Schedule(1, 1, WAIT), A)
    assert probe.outcome is outcome


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("400 fifo_uac_error: ruri invalid\n", Refused),
        ("500 command 't_uac_dlg' not available\n", Refused),
        (CannotReach(Reach.NOT_RUNNING, "not running"), CannotReach),
    ],
)
def test_what_isnt_about_the_target_ends_it(reply: str | Exception, error: type[Exception]) -> None:
    with pytest.raises(error):
        pinged(FakeSer(t_uac_dlg=reply), Schedule(None, 0.001, WAIT), A)

from __future__ import annotations

import pytest

from ser_core.fifo.probes import Probe
from serctl.exit_status import ExitStatus
from serctl.probes import exit_status, probe_line, raw_line, summary
from tests.support.probes import BUSY, ERROR, JOE, OK, SILENCE, tally_of


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (OK, f"200 OK from {JOE}: seq=1 time=1.23 ms"),
        (BUSY, f"486 Busy Here from {JOE}: seq=1 time=1.23 ms"),
        (ERROR, f"478 Unresolvable destination (478/FIFO/UAC) (says ser) for {JOE}: seq=1"),
        (SILENCE, f"no answer from {JOE}: seq=1 within 1 s"),
    ],
)
def test_each_outcome_has_its_line(told: Probe, line: str) -> None:
    assert probe_line(told) == line


def test_a_raw_line_is_what_sers_serctl_prints() -> None:
    assert [raw_line(x) for x in (OK, BUSY, SILENCE)] == ["200 OK", "486", "408"]


def test_the_summary_is_that_of_ping() -> None:
    tally = tally_of(OK, BUSY, SILENCE, ERROR)
    assert summary(tally, 3.0042) == (
        f"--- {JOE} ping statistics ---\n"
        "4 packets transmitted, 2 received, +1 errors, 50% packet loss, time 3004ms\n"
        "rtt min/avg/max/mdev = 1.230/1.230/1.230/0.000 ms"
    )


def test_without_an_answer_there_are_no_times() -> None:
    assert summary(tally_of(SILENCE), 1).splitlines()[-1] == (
        "1 packets transmitted, 0 received, 100% packet loss, time 1000ms"
    )


@pytest.mark.parametrize(
    ("probes", "status"),
    [
        ([[OK, SILENCE]], ExitStatus.OK),
        ([[SILENCE], [OK]], ExitStatus.OK),
        ([[BUSY]], ExitStatus.REFUSED),
        ([[ERROR], [SILENCE]], ExitStatus.REFUSED),
        ([[SILENCE]], ExitStatus.TIMEOUT),
        ([[]], ExitStatus.TIMEOUT),
    ],
)
def test_the_best_contact_decides(probes: list[list[Probe]], status: ExitStatus) -> None:
    assert exit_status(tally_of(*each) for each in probes) == status

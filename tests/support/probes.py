"""What became of a few pings, for tests of those who count and show it."""

from __future__ import annotations

from ser_core.fifo.probes import Outcome, Probe, Tally

JOE = "sip:joe@10.0.0.9"


def probe(outcome: Outcome, code: int, text: str, seconds: float = 0.00123) -> Probe:
    return Probe(JOE, 1, outcome, code, text, seconds)


OK = probe(Outcome.OK, 200, "OK")
BUSY = probe(Outcome.REFUSED, 486, "Busy Here")
ERROR = probe(Outcome.ERROR, 478, "Unresolvable destination (478/FIFO/UAC)")
SILENCE = probe(Outcome.SILENCE, 408, "Request Timeout", 1.0)


def tally_of(*probes: Probe) -> Tally:
    tally = Tally(JOE)
    for each in probes:
        tally.sent()
        tally.over(each)
    return tally

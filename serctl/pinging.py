"""Sends probes on schedule and takes in what comes of them.

As ping(8) does, a probe is sent when its time has come, whether those before it have been answered
or not; all targets get theirs at the same time.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ser_core.fifo import uac
from ser_core.fifo.probes import Outcome, Probe, Tally, outcome_of
from ser_core.fifo.reach import NoReply
from ser_core.sip.request_text import SipRequest
from serctl.askers import Askers, Result
from serctl.exit_status import Refused

Sent = tuple[Tally, int]
"""Whose probe it is, and which."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to send, and how long to wait."""

    count: int | None
    """Probes for each target; None: without end."""
    interval: float
    wait: float
    """For the answer to a probe."""


class Pinger:
    """Pings some targets."""

    def __init__(
        self,
        askers: Askers[Sent],
        tallies: Sequence[Tally],
        schedule: Schedule,
        *,
        request_for: Callable[[str], SipRequest],
        tell: Callable[[Probe], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tell` gets each probe that is over."""
        self._askers = askers
        self._schedule = schedule
        self._tallies = tallies
        self._requests = {tally.target: request_for(tally.target) for tally in tallies}
        self._tell = tell
        self._clock = clock
        self._begun = clock()

    @property
    def elapsed(self) -> float:
        return self._clock() - self._begun

    def run(self) -> None:
        """Return when all probes are over. Raises Refused, CannotReach, KeyboardInterrupt."""
        schedule = self._schedule
        due = self._begun
        for number in itertools.count(1):
            for tally in self._tallies:
                self._send(tally)
            if number == schedule.count:
                break
            due = self._next_time(due)
            self._take_results_until(due)
        while self._askers.outstanding:
            self._take(self._askers.next())

    def _next_time(self, due: float) -> float:
        """On time again after a short delay; without a burst after a long one, such as a Ctrl-Z."""
        interval, now = self._schedule.interval, self._clock()
        return (now if now - due > interval else due) + interval

    def _send(self, tally: Tally) -> None:
        seq = tally.sent()
        request = uac.arguments(self._requests[tally.target])
        self._askers.ask((tally, seq), uac.COMMAND, *request, timeout=self._schedule.wait)

    def _take_results_until(self, due: float) -> None:
        while (left := due - self._clock()) > 0:
            self._take(self._askers.next(left))

    def _take(self, result: Result[Sent] | None) -> None:
        if result is None:
            return
        tally, seq = result.key
        probe = _probe(tally.target, seq, result)
        tally.over(probe)
        self._tell(probe)


def _probe(target: str, seq: int, result: Result[Sent]) -> Probe:
    if isinstance(result.error, NoReply):
        return Probe(target, seq, Outcome.SILENCE, uac.TIMEOUT, "", result.seconds)
    if result.error is not None:
        raise result.error
    assert result.reply is not None
    answer = uac.read_answer(result.reply)
    if answer.is_not_sent:
        raise Refused(result.reply)
    return Probe(target, seq, outcome_of(answer), answer.code, answer.words, result.seconds)

"""Who is pinged, when, and what came of it. No I/O, no clock, no Textual.

A target has one ping under way at most. One that doesn't answer is called silent after WAIT, but
its ping goes on until ser gives it up (fr_timer): ser sends it again and again meanwhile, and could
tell nobody how it ended if we had gone. Until then each interval counts as one ping that is lost.

What couldn't be asked, since ser is away, counts as nothing.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterator

from ser_core.fifo.probes import Outcome, Probe, Tally
from ser_core.fifo.uac import TIMEOUT

INTERVALS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds to choose from."""
WAIT = 4.0
"""Seconds for an answer."""
NO_ANSWER = "no answer"
AT_ONCE = 8
"""Pings under way to those that aren't silent."""
SILENT_AT_ONCE = 64
"""Pings under way to silent ones, so that those keep nobody else waiting."""
KEPT = 400
"""Round trips to be drawn: as many as a wide screen has room for."""


class State(enum.Enum):
    """How a target does; each has a sign, so that no colour is needed to tell."""

    WAITING = "?"
    OK = "✓"
    REFUSED = "!"
    """It lives, and answers with an error."""
    ERROR = "⚠"
    """ser couldn't send the ping."""
    SILENT = "✗"
    PAUSED = "‖"
    AWAY = "–"
    """A user who isn't registered anywhere."""


_STATES = {
    Outcome.OK: State.OK,
    Outcome.REFUSED: State.REFUSED,
    Outcome.ERROR: State.ERROR,
    Outcome.SILENCE: State.SILENT,
}


class Target:
    """A URI that is pinged."""

    def __init__(self, uri: str, user: str, due: float) -> None:
        self.uri = uri
        self.user = user
        """Whom it was added for; "" when it was added as a URI."""
        self.tally = Tally(uri)
        self.trips: deque[float | None] = deque(maxlen=KEPT)
        """Seconds; None where no answer came."""
        self.last: Probe | None = None
        self.due = due
        self.is_paused = False
        self.is_under_way = False
        self.lost_at = 0.0
        """When the ping that is under way counts as lost, once more."""
        self.is_late = False
        """The ping that is under way has been counted as lost."""
        self.is_away = False
        """It stands for a user who has no contact now; `uri` is his name."""

    @property
    def state(self) -> State:
        if self.is_away:
            return State.AWAY
        if self.is_paused:
            return State.PAUSED
        return _STATES[self.last.outcome] if self.last else State.WAITING

    @property
    def is_silent(self) -> bool:
        """The last that was heard of it is that nothing was."""
        return self.last is not None and self.last.outcome is Outcome.SILENCE

    @property
    def loss(self) -> float:
        """Percent of the pings that are over."""
        is_open = self.is_under_way and not self.is_late
        over = self.tally.transmitted - is_open
        return 100 * (1 - self.tally.received / over) if over else 0.0


class PingBoard:
    """All targets, in the order in which they were added."""

    def __init__(self, interval: float = INTERVALS[1]) -> None:
        self.interval = interval
        self._targets: dict[str, Target] = {}

    def __iter__(self) -> Iterator[Target]:
        return iter(self._targets.values())

    def __len__(self) -> int:
        return len(self._targets)

    def get(self, uri: str) -> Target | None:
        """The target, if it (still) is one."""
        return self._targets.get(uri)

    def add(self, uri: str, now: float, user: str = "") -> Target:
        """Ping it from now on; one that is there already goes on."""
        return self._targets.setdefault(uri, Target(uri, user, now))

    def add_away(self, user: str, now: float) -> None:
        """A line for a user who has none; a URI has a colon in it, so that the two never meet."""
        if not self.of(user):
            self._targets[user] = Target(user, user, now)
            self._targets[user].is_away = True

    def of(self, user: str) -> list[Target]:
        """Those that were added for a user."""
        return [target for target in self if target.user == user]

    def remove(self, uri: str) -> None:
        """Forget it; what is under way comes to nothing."""
        self._targets.pop(uri, None)

    def pause(self, uri: str) -> None:
        """Stop for a while, or go on at once."""
        target = self._targets[uri]
        target.is_paused = not target.is_paused

    @property
    def all_paused(self) -> bool:
        return all(target.is_paused or target.is_away for target in self)

    def pause_all(self) -> None:
        """Stop all; when all stand still, go on with all."""
        paused = not self.all_paused
        for target in self:
            target.is_paused = paused

    def reset(self, now: float) -> None:
        """Begin all figures anew."""
        for old in list(self):
            new = Target(old.uri, old.user, now)
            new.is_paused, new.is_away = old.is_paused, old.is_away
            self._targets[old.uri] = new

    def next_interval(self) -> None:
        """The next one to choose from; after the longest the shortest."""
        longer = (each for each in INTERVALS if each > self.interval)
        self.interval = next(longer, INTERVALS[0])

    def take_due(self, now: float) -> list[Target]:
        """Those to ping now; they count as under way. The longest overdue come first."""
        free = {True: SILENT_AT_ONCE, False: AT_ONCE}
        for target in self:
            free[target.is_silent] -= target.is_under_way
        chosen = []
        waiting = (target for target in self if self._is_due(target, now))
        for target in sorted(waiting, key=lambda target: target.due):
            if free[target.is_silent] > 0:
                free[target.is_silent] -= 1
                chosen.append(target)
        for target in chosen:
            target.tally.sent()
            target.is_under_way, target.is_late, target.lost_at = True, False, now + WAIT
            target.due = now + self.interval
        return chosen

    def take_silent(self, now: float) -> list[Target]:
        """Those that haven't answered within WAIT, or for one interval more: it is a loss now."""
        period = max(WAIT, self.interval)
        silent = [x for x in self if x.is_under_way and _is_overdue(x, now, period)]
        for target in silent:
            if target.is_late:
                target.tally.sent()
            target.is_late, target.lost_at = True, now + period
            seq = target.tally.transmitted
            self._count(target, Probe(target.uri, seq, Outcome.SILENCE, TIMEOUT, NO_ANSWER, WAIT))
        return silent

    def over(self, target: Target, probe: Probe) -> None:
        """This came of one. An answer after all only tells that it is time to ask again."""
        target.is_under_way = False
        if not target.is_late:
            self._count(target, probe)
        elif probe.is_answered:
            target.due = 0.0

    def void(self, target: Target) -> None:
        """It was never sent, or ser has gone: it doesn't count."""
        target.is_under_way = False
        if not target.is_late:
            target.tally.transmitted -= 1

    def _count(self, target: Target, probe: Probe) -> None:
        target.last = probe
        target.tally.over(probe)
        target.trips.append(probe.seconds if probe.is_answered else None)

    def _is_due(self, target: Target, now: float) -> bool:
        """Also when the clock has been put back, or the interval is shorter than it was."""
        if target.is_under_way or target.is_paused or target.is_away:
            return False
        return target.due <= now or target.due > now + self.interval


def _is_overdue(target: Target, now: float, period: float) -> bool:
    """Of one that rests one loss is enough. The clock may have been put back."""
    target.lost_at = min(target.lost_at, now + period)
    return now >= target.lost_at and not (target.is_late and target.is_paused)

"""Who is pinged, when, and what came of it. No I/O, no clock, no Textual.

A target has one ping under way at most: one that is silent costs ser a transaction in each WAIT
seconds, not in each interval. What couldn't be asked, since ser is away, counts as nothing.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterator

from ser_core.fifo.probes import Outcome, Probe, Tally

INTERVALS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds to choose from."""
WAIT = 4.0
"""Seconds for an answer."""
AT_ONCE = 8
"""Pings under way; the feed has as many places again for whatever else is asked."""
KEPT = 200
"""Round trips for the sparkline."""


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
    def loss(self) -> float:
        """Percent of the pings that are over."""
        over = self.tally.transmitted - self.is_under_way
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
        free = AT_ONCE - sum(target.is_under_way for target in self)
        waiting = (target for target in self if self._is_due(target, now))
        chosen = sorted(waiting, key=lambda target: target.due)[: max(free, 0)]
        for target in chosen:
            target.tally.sent()
            target.is_under_way = True
            target.due = now + self.interval
        return chosen

    def over(self, target: Target, probe: Probe) -> None:
        """This came of one."""
        target.is_under_way = False
        target.last = probe
        target.tally.over(probe)
        target.trips.append(probe.seconds if probe.is_answered else None)

    def void(self, target: Target) -> None:
        """It was never sent: it doesn't count."""
        target.is_under_way = False
        target.tally.transmitted -= 1

    def _is_due(self, target: Target, now: float) -> bool:
        """Also when the clock has been put back, or the interval is shorter than it was."""
        if target.is_under_way or target.is_paused or target.is_away:
            return False
        return target.due <= now or target.due > now + self.interval

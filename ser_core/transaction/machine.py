"""Runs a transaction's table.

A table maps (state, input) to (function, next state). The function gets the transaction, the time
and the message of the input, sets the transaction's deadlines, and returns the actions to carry
out. What a table doesn't list is ignored: a late response, a timer that has lost its meaning. That
is stated here, once, for all four machines.

Tables are written as one literal, as in the RFC's figures, and turned into a row per state, so that
a step is one lookup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from ser_core.transaction.actions import NOTHING, Actions
from ser_core.transaction.inputs import Input
from ser_core.transaction.timers import NEVER, Timers


class State(Enum):
    """The states of Figures 5 to 8, with Accepted from RFC 6026 §7."""

    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


Step = Callable[[Any, float, Any], Actions]
"""(transaction, now, message of the input) -> actions. Any: each table has its own kind."""

Transitions = Mapping[tuple[State, Input], tuple[Step, State]]


class Row(dict[Input, tuple[Step, "Row"]]):
    """All that can happen in one state."""

    __slots__ = ("state",)

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state


def rows(transitions: Transitions) -> dict[State, Row]:
    """The table as a row per state that appears in it."""
    states = {state for state, _ in transitions} | {after for _, after in transitions.values()}
    made = {state: Row(state) for state in states}
    for (state, event), (function, after) in transitions.items():
        made[state][event] = (function, made[after])
    return made


class Transaction:
    """What client and server transactions share: a state, a peer and two deadlines."""

    __slots__ = (
        "armed_at",
        "context",
        "gap",
        "gap_count",
        "hop",
        "key",
        "retransmit_at",
        "retransmit_timer",
        "row",
        "timeout_at",
        "timeout_timer",
        "timers",
    )

    def __init__(self, row: Row, key: bytes, hop: Any, timers: Timers) -> None:
        self.row = row
        self.key = key
        self.hop = hop
        """Where requests (client) or responses (server) are sent to: a `Hop`."""
        self.timers = timers
        self.context: Any = None
        """What the transaction user keeps beside it."""
        self.retransmit_at = NEVER
        self.retransmit_timer = Input.TIMER_A
        self.timeout_at = NEVER
        self.timeout_timer = Input.TIMER_B
        self.gap = 0.0
        self.gap_count = 0
        self.armed_at = NEVER
        """The earliest time at which the driver's heap will look at this transaction."""

    @property
    def state(self) -> State:
        return self.row.state

    @property
    def deadline(self) -> float:
        """When the next timer fires; infinity when none runs."""
        if self.retransmit_at < self.timeout_at:
            return self.retransmit_at
        return self.timeout_at

    def start_retransmissions(self, timer: Input, now: float) -> None:
        """Start Timer A, E or G; only unreliable transports retransmit (§17.1.1.2)."""
        if not self.hop.listener.reliable:
            self.retransmit_timer = timer
            self.gap = self.timers.first_gap()
            self.gap_count = 0
            self.retransmit_at = now + self.gap

    def widen_gap(self, now: float, limit: float) -> None:
        """Set the retransmission timer again, for the next gap."""
        self.gap_count += 1
        self.gap = self.timers.next_gap(self.gap, self.gap_count, limit)
        self.retransmit_at = now + self.gap

    def start_timeout(self, timer: Input, at: float) -> None:
        """Start the timer that ends this state, in the place of the one before."""
        self.timeout_timer = timer
        self.timeout_at = at

    def stop_timers(self) -> None:
        self.retransmit_at = self.timeout_at = NEVER


def step(transaction: Transaction, event: Input, now: float, message: object = None) -> Actions:
    """Tell the transaction what happened; returns what is to be done, in order."""
    transition = transaction.row.get(event)
    if transition is None:
        return NOTHING
    function, row = transition
    actions = function(transaction, now, message)
    transaction.row = row
    return actions


def fire(transaction: Transaction, now: float) -> Actions:
    """Run the timer that is due, if one is."""
    if transaction.timeout_at <= now:
        transaction.timeout_at = NEVER
        return step(transaction, transaction.timeout_timer, now)
    if transaction.retransmit_at <= now:
        transaction.retransmit_at = NEVER
        return step(transaction, transaction.retransmit_timer, now)
    return NOTHING

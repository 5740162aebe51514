"""Running a table."""

from __future__ import annotations

from ser_core.sip.hop import Hop, Listener
from ser_core.transaction.actions import NOTHING, Action, Actions
from ser_core.transaction.inputs import Input
from ser_core.transaction.machine import State, Transaction, Transitions, fire, rows, step
from ser_core.transaction.timers import NEVER, Timers


def _send(_transaction: Transaction, _now: float, _message: object) -> Actions:
    return (Action.SEND_REQUEST,)


TABLE: Transitions = {(State.TRYING, Input.TIMER_E): (_send, State.COMPLETED)}


def made() -> Transaction:
    hop = Hop("udp", "192.0.2.1", 5060, Listener("udp", "192.0.2.2", 5060))
    return Transaction(rows(TABLE)[State.TRYING], b"", hop, Timers())


def test_step_moves_to_the_next_state_and_returns_the_actions() -> None:
    transaction = made()
    assert step(transaction, Input.TIMER_E, 0.0) == (Action.SEND_REQUEST,)
    assert transaction.state is State.COMPLETED


def test_what_the_table_does_not_list_is_ignored() -> None:
    transaction = made()
    assert step(transaction, Input.ACK, 0.0) == NOTHING
    assert transaction.state is State.TRYING


def test_fire_runs_the_timer_that_is_due_and_only_once() -> None:
    transaction = made()
    transaction.start_retransmissions(Input.TIMER_E, 0.0)
    assert fire(transaction, 0.4) == NOTHING
    assert fire(transaction, 0.5) == (Action.SEND_REQUEST,)
    assert transaction.deadline == NEVER
    assert fire(transaction, 0.6) == NOTHING


def test_the_timeout_comes_before_a_retransmission_that_is_due_too() -> None:
    transaction = made()
    transaction.start_retransmissions(Input.TIMER_E, 0.0)
    transaction.start_timeout(Input.TIMER_F, 0.5)
    assert fire(transaction, 1.0) == NOTHING
    assert transaction.timeout_at == NEVER

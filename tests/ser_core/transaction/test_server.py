"""Server transactions against RFC 3261 Figures 7 and 8 and RFC 6026 Figure 6."""

from __future__ import annotations

import pytest

from ser_core.sip.hop import Hop, Listener
from ser_core.transaction.actions import Action
from ser_core.transaction.inputs import Input
from ser_core.transaction.machine import State, fire, step
from ser_core.transaction.server import (
    INVITE_SERVER,
    NON_INVITE_SERVER,
    ServerTransaction,
    invite_server,
    non_invite_server,
)
from ser_core.transaction.timers import NEVER, Timers

UDP = Hop("udp", "198.51.100.1", 5060, Listener("udp", "192.0.2.100", 5060))
TCP = Hop("tcp", "198.51.100.1", 5060, Listener("tcp", "192.0.2.100", 5060))

SEND = (Action.SEND_RESPONSE,)
END = (Action.TERMINATED,)
NOTHING = ()


def server(kind: str, hop: Hop = UDP) -> ServerTransaction:
    make = invite_server if kind == "INVITE" else non_invite_server
    return make(b"key", hop, Timers())


def in_state(kind: str, state: State, hop: Hop = UDP) -> ServerTransaction:
    """A transaction that has been led into that state."""
    made = server(kind, hop)
    completed = (Input.RESPOND_FINAL,) if kind == "INVITE" else (Input.RESPOND_2XX,)
    ways: dict[State, tuple[Input, ...]] = {
        State.TRYING: (),
        State.PROCEEDING: (Input.RESPOND_1XX,),
        State.ACCEPTED: (Input.RESPOND_2XX,),
        State.COMPLETED: completed,
        State.CONFIRMED: (Input.RESPOND_FINAL, Input.ACK),
    }
    made.response = b"response"
    for event in ways[state]:
        step(made, event, 100.0)
    assert made.state is state
    return made


@pytest.mark.parametrize(
    ("state", "event", "actions", "after"),
    [
        (State.PROCEEDING, Input.REQUEST, SEND, State.PROCEEDING),
        (State.PROCEEDING, Input.RESPOND_1XX, SEND, State.PROCEEDING),
        (State.PROCEEDING, Input.RESPOND_2XX, SEND, State.ACCEPTED),
        (State.PROCEEDING, Input.RESPOND_FINAL, SEND, State.COMPLETED),
        (State.PROCEEDING, Input.ACK, NOTHING, State.PROCEEDING),
        (State.PROCEEDING, Input.GIVE_UP, NOTHING, State.ACCEPTED),
        (State.ACCEPTED, Input.REQUEST, NOTHING, State.ACCEPTED),
        (State.ACCEPTED, Input.RESPOND_2XX, SEND, State.ACCEPTED),
        (State.ACCEPTED, Input.RESPOND_FINAL, NOTHING, State.ACCEPTED),
        (State.ACCEPTED, Input.RESPOND_1XX, NOTHING, State.ACCEPTED),
        (State.ACCEPTED, Input.TIMER_L, END, State.TERMINATED),
        (State.COMPLETED, Input.REQUEST, SEND, State.COMPLETED),
        (State.COMPLETED, Input.TIMER_G, SEND, State.COMPLETED),
        (State.COMPLETED, Input.TIMER_H, END, State.TERMINATED),
        (State.COMPLETED, Input.ACK, NOTHING, State.CONFIRMED),
        (State.COMPLETED, Input.RESPOND_2XX, NOTHING, State.COMPLETED),
        (State.CONFIRMED, Input.ACK, NOTHING, State.CONFIRMED),
        (State.CONFIRMED, Input.REQUEST, NOTHING, State.CONFIRMED),
        (State.CONFIRMED, Input.TIMER_G, NOTHING, State.CONFIRMED),
        (State.CONFIRMED, Input.TIMER_I, END, State.TERMINATED),
    ],
)
def test_invite_table(
    state: State, event: Input, actions: tuple[Action, ...], after: State
) -> None:
    transaction = in_state("INVITE", state)
    assert step(transaction, event, 101.0) == actions
    assert transaction.state is after


@pytest.mark.parametrize(
    ("state", "event", "actions", "after"),
    [
        (State.TRYING, Input.REQUEST, NOTHING, State.TRYING),
        (State.TRYING, Input.RESPOND_1XX, SEND, State.PROCEEDING),
        (State.TRYING, Input.RESPOND_2XX, SEND, State.COMPLETED),
        (State.TRYING, Input.RESPOND_FINAL, SEND, State.COMPLETED),
        (State.TRYING, Input.GIVE_UP, NOTHING, State.COMPLETED),
        (State.PROCEEDING, Input.REQUEST, SEND, State.PROCEEDING),
        (State.PROCEEDING, Input.RESPOND_1XX, SEND, State.PROCEEDING),
        (State.PROCEEDING, Input.RESPOND_FINAL, SEND, State.COMPLETED),
        (State.COMPLETED, Input.REQUEST, SEND, State.COMPLETED),
        (State.COMPLETED, Input.RESPOND_2XX, NOTHING, State.COMPLETED),
        (State.COMPLETED, Input.TIMER_J, END, State.TERMINATED),
    ],
)
def test_non_invite_table(
    state: State, event: Input, actions: tuple[Action, ...], after: State
) -> None:
    transaction = in_state("MESSAGE", state)
    assert step(transaction, event, 101.0) == actions
    assert transaction.state is after


@pytest.mark.parametrize("table", [INVITE_SERVER, NON_INVITE_SERVER])
def test_every_state_of_a_table_can_be_left(table: dict[tuple[State, Input], object]) -> None:
    for state in {state for state, _ in table}:
        assert any(after[1] is not state for (at, _), after in table.items() if at is state)  # type: ignore[index]


def test_timer_g_doubles_up_to_t2_and_h_ends_it() -> None:
    transaction = in_state("INVITE", State.COMPLETED)
    times = []
    while transaction.state is State.COMPLETED:
        now = transaction.deadline
        fire(transaction, now)
        times.append(now - 100.0)
    assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 30.0]


def test_timer_g_does_not_run_over_a_reliable_transport() -> None:
    transaction = in_state("INVITE", State.COMPLETED, TCP)
    assert transaction.retransmit_at == NEVER
    assert transaction.deadline == 130.0


def test_timer_i_is_zero_over_a_reliable_transport() -> None:
    assert in_state("INVITE", State.CONFIRMED, TCP).deadline == 100.0


def test_timer_j_is_zero_over_a_reliable_transport() -> None:
    transaction = server("MESSAGE", TCP)
    transaction.response = b"x"
    assert step(transaction, Input.RESPOND_2XX, 100.0) == (
        Action.SEND_RESPONSE,
        Action.TERMINATED,
    )


def test_timer_j_and_l_are_32_seconds() -> None:
    assert in_state("MESSAGE", State.COMPLETED).deadline == 132.0
    assert in_state("INVITE", State.ACCEPTED).deadline == 132.0


def test_retransmission_before_any_response_gets_nothing() -> None:
    assert step(server("INVITE"), Input.REQUEST, 100.0) == NOTHING

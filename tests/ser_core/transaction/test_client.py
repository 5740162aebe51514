"""Client transactions against RFC 3261 Figures 5 and 6 and RFC 6026 Figure 5."""

from __future__ import annotations

import pytest

from ser_core.sip.hop import Hop, Listener
from ser_core.sip.message import Response
from ser_core.sip.parser import parse_message
from ser_core.transaction.actions import Action
from ser_core.transaction.client import (
    INVITE_CLIENT,
    NON_INVITE_CLIENT,
    ClientTransaction,
    invite_client,
    non_invite_client,
)
from ser_core.transaction.inputs import Input
from ser_core.transaction.machine import State, fire, step
from ser_core.transaction.timers import NEVER, Timers

UDP = Hop("udp", "198.51.100.1", 5060, Listener("udp", "192.0.2.100", 5060))
TCP = Hop("tcp", "198.51.100.1", 5060, Listener("tcp", "192.0.2.100", 5060))
TIMERS = Timers()

INVITE = (
    b"INVITE sip:bob@198.51.100.1 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.100;branch=z9hG4bKours\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKtheirs\r\n"
    b"Route: <sip:next.example.net;lr>\r\n"
    b"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"
    b"Call-ID: x\r\nCSeq: 7 INVITE\r\nMax-Forwards: 42\r\nContent-Length: 0\r\n\r\n"
)


def response(status: int) -> Response:
    made = parse_message(
        b"SIP/2.0 %d x\r\nVia: SIP/2.0/UDP 192.0.2.100;branch=z9hG4bKours\r\n"
        b"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\n"
        b"Call-ID: x\r\nCSeq: 7 INVITE\r\n\r\n" % status
    )
    assert isinstance(made, Response)
    return made


def client(kind: str, hop: Hop = UDP, timers: Timers = TIMERS) -> ClientTransaction:
    make = invite_client if kind == "INVITE" else non_invite_client
    made = make(b"key", INVITE, hop, timers)
    assert step(made, Input.START, 100.0) == (Action.SEND_REQUEST,)
    return made


def in_state(kind: str, state: State, hop: Hop = UDP) -> ClientTransaction:
    """A transaction that has been led into that state."""
    made = client(kind, hop)
    ways = {
        State.CALLING: (),
        State.TRYING: (),
        State.PROCEEDING: (180,),
        State.ACCEPTED: (200,),
        State.COMPLETED: (486,),
    }
    for status in ways[state]:
        event = Input.RESPONSE_1XX if status < 200 else Input.RESPONSE_2XX
        event = Input.RESPONSE_FINAL if status >= 300 else event
        step(made, event, 100.0, response(status))
    assert made.state is state
    return made


PASS = (Action.PASS_UP,)
SEND = (Action.SEND_REQUEST,)
ACK = (Action.SEND_ACK,)
ACK_PASS = (Action.SEND_ACK, Action.PASS_UP)
TIMED_OUT = (Action.TIMED_OUT, Action.TERMINATED)
FAILED = (Action.FAILED, Action.TERMINATED)
END = (Action.TERMINATED,)
NOTHING = ()


@pytest.mark.parametrize(
    ("state", "event", "status", "actions", "after"),
    [
        (State.CALLING, Input.TIMER_A, 0, SEND, State.CALLING),
        (State.CALLING, Input.TIMER_B, 0, TIMED_OUT, State.TERMINATED),
        (State.CALLING, Input.TRANSPORT_ERROR, 0, FAILED, State.TERMINATED),
        (State.CALLING, Input.RESPONSE_1XX, 100, PASS, State.PROCEEDING),
        (State.CALLING, Input.RESPONSE_2XX, 200, PASS, State.ACCEPTED),
        (State.CALLING, Input.RESPONSE_FINAL, 302, ACK_PASS, State.COMPLETED),
        (State.PROCEEDING, Input.TIMER_A, 0, NOTHING, State.PROCEEDING),
        (State.PROCEEDING, Input.RESPONSE_1XX, 183, PASS, State.PROCEEDING),
        (State.PROCEEDING, Input.RESPONSE_2XX, 200, PASS, State.ACCEPTED),
        (State.PROCEEDING, Input.RESPONSE_FINAL, 600, ACK_PASS, State.COMPLETED),
        (State.PROCEEDING, Input.TIMER_C, 0, (Action.TIMED_OUT,), State.PROCEEDING),
        (State.ACCEPTED, Input.RESPONSE_2XX, 200, PASS, State.ACCEPTED),
        (State.ACCEPTED, Input.RESPONSE_1XX, 180, NOTHING, State.ACCEPTED),
        (State.ACCEPTED, Input.RESPONSE_FINAL, 486, NOTHING, State.ACCEPTED),
        (State.ACCEPTED, Input.TIMER_M, 0, END, State.TERMINATED),
        (State.COMPLETED, Input.RESPONSE_FINAL, 486, ACK, State.COMPLETED),
        (State.COMPLETED, Input.RESPONSE_2XX, 200, NOTHING, State.COMPLETED),
        (State.COMPLETED, Input.RESPONSE_1XX, 180, NOTHING, State.COMPLETED),
        (State.COMPLETED, Input.TIMER_D, 0, END, State.TERMINATED),
        (State.COMPLETED, Input.TRANSPORT_ERROR, 0, END, State.TERMINATED),
    ],
)
def test_invite_table(
    state: State, event: Input, status: int, actions: tuple[Action, ...], after: State
) -> None:
    transaction = in_state("INVITE", state)
    assert step(transaction, event, 101.0, response(status) if status else None) == actions
    assert transaction.state is after


@pytest.mark.parametrize(
    ("state", "event", "status", "actions", "after"),
    [
        (State.TRYING, Input.TIMER_E, 0, SEND, State.TRYING),
        (State.TRYING, Input.TIMER_F, 0, TIMED_OUT, State.TERMINATED),
        (State.TRYING, Input.TRANSPORT_ERROR, 0, FAILED, State.TERMINATED),
        (State.TRYING, Input.RESPONSE_1XX, 100, PASS, State.PROCEEDING),
        (State.TRYING, Input.RESPONSE_2XX, 200, PASS, State.COMPLETED),
        (State.TRYING, Input.RESPONSE_FINAL, 404, PASS, State.COMPLETED),
        (State.PROCEEDING, Input.TIMER_E, 0, SEND, State.PROCEEDING),
        (State.PROCEEDING, Input.TIMER_F, 0, TIMED_OUT, State.TERMINATED),
        (State.PROCEEDING, Input.TRANSPORT_ERROR, 0, FAILED, State.TERMINATED),
        (State.PROCEEDING, Input.RESPONSE_2XX, 200, PASS, State.COMPLETED),
        (State.COMPLETED, Input.RESPONSE_2XX, 200, NOTHING, State.COMPLETED),
        (State.COMPLETED, Input.TIMER_E, 0, NOTHING, State.COMPLETED),
        (State.COMPLETED, Input.TIMER_K, 0, END, State.TERMINATED),
    ],
)
def test_non_invite_table(
    state: State, event: Input, status: int, actions: tuple[Action, ...], after: State
) -> None:
    transaction = in_state("MESSAGE", state)
    assert step(transaction, event, 101.0, response(status) if status else None) == actions
    assert transaction.state is after


@pytest.mark.parametrize("table", [INVITE_CLIENT, NON_INVITE_CLIENT])
def test_every_state_of_a_table_can_be_left(table: dict[tuple[State, Input], object]) -> None:
    for state in {state for state, _ in table}:
        assert any(after[1] is not state for (at, _), after in table.items() if at is state)  # type: ignore[index]


def test_timer_a_doubles_from_t1() -> None:
    transaction = client("INVITE")
    times = []
    now = 100.0
    while transaction.deadline < 130.0:
        now = transaction.deadline
        fire(transaction, now)
        times.append(now - 100.0)
    assert times == [0.5, 1.5, 3.5, 7.5, 15.5]


def test_timer_e_doubles_up_to_t2() -> None:
    transaction = client("MESSAGE")
    times = []
    while transaction.deadline < 130.0:
        now = transaction.deadline
        fire(transaction, now)
        times.append(now - 100.0)
    assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5]


def test_after_a_provisional_timer_e_fires_each_t2() -> None:
    transaction = client("MESSAGE")
    step(transaction, Input.RESPONSE_1XX, 100.1, response(100))
    fire(transaction, 100.5)
    assert transaction.retransmit_at == 104.5


@pytest.mark.parametrize("kind", ["INVITE", "MESSAGE"])
def test_nothing_is_retransmitted_over_a_reliable_transport(kind: str) -> None:
    assert client(kind, TCP).retransmit_at == NEVER


def test_timer_b_and_f_are_fr_timer() -> None:
    for kind in ("INVITE", "MESSAGE"):
        assert client(kind, TCP, Timers(fr_timer=7.0)).deadline == 107.0


def test_timer_c_restarts_with_each_provisional_but_100() -> None:
    transaction = in_state("INVITE", State.PROCEEDING)
    step(transaction, Input.RESPONSE_1XX, 150.0, response(100))
    assert transaction.deadline == 220.0
    step(transaction, Input.RESPONSE_1XX, 150.0, response(183))
    assert transaction.deadline == 270.0


def test_timer_c_stays_when_the_script_says_so() -> None:
    transaction = client("INVITE", timers=Timers(restart_c=False))
    step(transaction, Input.RESPONSE_1XX, 100.0, response(180))
    step(transaction, Input.RESPONSE_1XX, 150.0, response(180))
    assert transaction.deadline == 220.0


def test_timer_k_is_zero_over_a_reliable_transport() -> None:
    transaction = client("MESSAGE", TCP)
    actions = step(transaction, Input.RESPONSE_2XX, 101.0, response(200))
    assert actions == (Action.PASS_UP, Action.TERMINATED)


def test_ack_has_the_branch_of_the_invite_and_the_to_of_the_response() -> None:
    transaction = in_state("INVITE", State.COMPLETED)
    ack = parse_message(transaction.ack)
    assert ack.headers(b"via") == [b"SIP/2.0/UDP 192.0.2.100;branch=z9hG4bKours"]
    assert ack.to_tag == b"2"
    assert ack.header(b"route") == b"<sip:next.example.net;lr>"
    assert (ack.cseq_number, ack.cseq_method) == (7, b"ACK")


def test_accepted_invite_keeps_no_copy_of_the_request() -> None:
    assert in_state("INVITE", State.ACCEPTED).request == b""

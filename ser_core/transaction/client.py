"""Client transactions: RFC 3261 §17.1 with RFC 6026 §7.2.

    INVITE (Figure 5)                            non-INVITE (Figure 6)

    START -> Calling --A--> resend, 2*gap        START -> Trying --E--> resend
       |        |--1xx--> Proceeding                |       |--1xx--> Proceeding
       |        |--2xx--> Accepted                  |       |--2xx-6xx--> Completed
       |        '--3xx-6xx--> Completed, ACK        |       '--F, error--> Terminated
    Proceeding --2xx--> Accepted                 Proceeding --E--> resend each T2
       |       --3xx-6xx--> Completed, ACK          |       --2xx-6xx--> Completed
       '--C--> timed out, stays for the CANCEL      '--F--> Terminated
    Accepted --2xx--> pass up; --M--> Terminated Completed --K--> Terminated
    Completed --3xx-6xx--> ACK; --D--> Terminated

Timer C is a proxy's (§16.8); it lives here because it is a deadline of this transaction.
"""

from __future__ import annotations

from typing import Protocol

from ser_core.sip.hop import Hop
from ser_core.sip.message import Response
from ser_core.transaction.actions import Action, Actions
from ser_core.transaction.hop_by_hop import build_ack
from ser_core.transaction.inputs import Input
from ser_core.transaction.machine import Row, State, Transaction, Transitions, rows
from ser_core.transaction.timers import NEVER, Timers

SEND = (Action.SEND_REQUEST,)
PASS_UP = (Action.PASS_UP,)
PASS_UP_AND_END = (Action.PASS_UP, Action.TERMINATED)
ACK_AND_PASS_UP = (Action.SEND_ACK, Action.PASS_UP)
ACK = (Action.SEND_ACK,)
TIMED_OUT = (Action.TIMED_OUT,)
TIMED_OUT_AND_END = (Action.TIMED_OUT, Action.TERMINATED)
FAILED_AND_END = (Action.FAILED, Action.TERMINATED)
END = (Action.TERMINATED,)


class TransactionUser(Protocol):
    """Who a client transaction is for (TU, RFC 3261 §5 and §17): the proxy, or our own UAC.

    It knows its side of the matter by the transaction's `context` and `index`.
    """

    def takes(self, response: Response) -> bool:
        """False for a response that isn't for this user, though it matches."""

    def on_response(self, client: ClientTransaction, response: Response, now: float) -> None:
        """A response that the transaction passes up."""

    def on_no_response(self, client: ClientTransaction, status: int, now: float) -> None:
        """Nothing came in time (408), or sending failed (503)."""

    def on_broken(self, client: ClientTransaction, now: float) -> None:
        """The transaction had to be given up because of a mistake of ours."""


class ClientTransaction(Transaction):
    """One request that we sent to one hop."""

    __slots__ = ("ack", "index", "request", "user")

    def __init__(self, row: Row, key: bytes, request: bytes, hop: Hop, timers: Timers) -> None:
        super().__init__(row, key, hop, timers)
        self.request = request
        """The request as it left."""
        self.ack = b""
        """The ACK to a response of 300 to 699, once there is one."""
        self.user: TransactionUser | None = None
        """None: nobody waits for its responses, as with a CANCEL."""
        self.index = 0
        """The proxy's: which branch of the response context."""


def invite_client(key: bytes, request: bytes, hop: Hop, timers: Timers) -> ClientTransaction:
    """An INVITE client transaction, to be told START."""
    return ClientTransaction(_INVITE_START, key, request, hop, timers)


def non_invite_client(key: bytes, request: bytes, hop: Hop, timers: Timers) -> ClientTransaction:
    """A non-INVITE client transaction, to be told START."""
    return ClientTransaction(_NON_INVITE_START, key, request, hop, timers)


# -- INVITE (§17.1.1) ----------------------------------------------------------------------------


def _send_invite(client: ClientTransaction, now: float, _message: object) -> Actions:
    client.start_retransmissions(Input.TIMER_A, now)
    client.start_timeout(Input.TIMER_B, now + client.timers.fr_timer)
    return SEND


def _resend_invite(client: ClientTransaction, now: float, _message: object) -> Actions:
    client.widen_gap(now, NEVER)  # Timer A doubles without a limit; Timer B ends it
    return SEND


def _ring(client: ClientTransaction, now: float, _message: object) -> Actions:
    client.retransmit_at = NEVER
    client.start_timeout(Input.TIMER_C, now + client.timers.fr_inv_timer)
    return PASS_UP


def _ring_again(client: ClientTransaction, now: float, response: Response) -> Actions:
    # §16.7 step 2: Timer C starts anew at each provisional but 100
    # but no more once the request was cancelled, when Timer B has taken its place
    rings = client.timeout_timer is Input.TIMER_C and response.status > 100
    if rings and client.timers.restart_c:
        client.start_timeout(Input.TIMER_C, now + client.timers.fr_inv_timer)
    return PASS_UP


def _accept(client: ClientTransaction, now: float, _message: object) -> Actions:
    client.retransmit_at = NEVER
    client.start_timeout(Input.TIMER_M, now + client.timers.linger)
    client.request = b""  # an accepted INVITE is never sent again
    return PASS_UP


def _acknowledge(client: ClientTransaction, now: float, response: Response) -> Actions:
    client.ack = build_ack(client.request, response)
    client.request = b""  # neither sent again nor cancelled
    client.retransmit_at = NEVER
    # §17.1.1.2: Timer D is 0 over a reliable transport, but kept short of it, a response that
    # crosses our CANCEL would find nobody
    linger = client.timers.t4 if client.hop.listener.reliable else client.timers.linger
    client.start_timeout(Input.TIMER_D, now + linger)
    return ACK_AND_PASS_UP


def _acknowledge_again(_client: ClientTransaction, _now: float, _message: object) -> Actions:
    return ACK


def _time_out(client: ClientTransaction, _now: float, _message: object) -> Actions:
    client.stop_timers()
    return TIMED_OUT_AND_END


def _time_out_ringing(client: ClientTransaction, now: float, _message: object) -> Actions:
    # §16.8: after Timer C the proxy cancels; it waits 64*T1 for the 487 of that (§9.1)
    client.start_timeout(Input.TIMER_B, now + 64 * client.timers.t1)
    return TIMED_OUT


def _fail(client: ClientTransaction, _now: float, _message: object) -> Actions:
    client.stop_timers()
    return FAILED_AND_END


def _pass_up(_client: ClientTransaction, _now: float, _message: object) -> Actions:
    return PASS_UP


def _end(client: ClientTransaction, _now: float, _message: object) -> Actions:
    client.stop_timers()
    return END


INVITE_CLIENT: Transitions = {
    # RFC 3261 Figure 5, with Accepted and Timer M from RFC 6026 §7.2, Timer C from §16.8
    (State.TERMINATED, Input.START): (_send_invite, State.CALLING),
    (State.CALLING, Input.TIMER_A): (_resend_invite, State.CALLING),
    (State.CALLING, Input.TIMER_B): (_time_out, State.TERMINATED),
    (State.CALLING, Input.TRANSPORT_ERROR): (_fail, State.TERMINATED),
    (State.CALLING, Input.RESPONSE_1XX): (_ring, State.PROCEEDING),
    (State.CALLING, Input.RESPONSE_2XX): (_accept, State.ACCEPTED),
    (State.CALLING, Input.RESPONSE_FINAL): (_acknowledge, State.COMPLETED),
    (State.PROCEEDING, Input.RESPONSE_1XX): (_ring_again, State.PROCEEDING),
    (State.PROCEEDING, Input.RESPONSE_2XX): (_accept, State.ACCEPTED),
    (State.PROCEEDING, Input.RESPONSE_FINAL): (_acknowledge, State.COMPLETED),
    (State.PROCEEDING, Input.TIMER_C): (_time_out_ringing, State.PROCEEDING),
    (State.PROCEEDING, Input.TIMER_B): (_time_out, State.TERMINATED),
    (State.ACCEPTED, Input.RESPONSE_2XX): (_pass_up, State.ACCEPTED),
    (State.ACCEPTED, Input.TIMER_M): (_end, State.TERMINATED),
    (State.COMPLETED, Input.RESPONSE_FINAL): (_acknowledge_again, State.COMPLETED),
    (State.COMPLETED, Input.TRANSPORT_ERROR): (_end, State.TERMINATED),
    (State.COMPLETED, Input.TIMER_D): (_end, State.TERMINATED),
}


# -- non-INVITE (§17.1.2) ------------------------------------------------------------------------


def _send(client: ClientTransaction, now: float, _message: object) -> Actions:
    client.start_retransmissions(Input.TIMER_E, now)
    client.start_timeout(Input.TIMER_F, now + client.timers.fr_timer)
    return SEND


def _resend(client: ClientTransaction, now: float, _message: object) -> Actions:
    client.widen_gap(now, client.timers.t2)
    return SEND


def _resend_each_t2(client: ClientTransaction, now: float, _message: object) -> Actions:
    client.retransmit_at = now + client.timers.t2
    return SEND


def _proceed(client: ClientTransaction, now: float, _message: object) -> Actions:
    return PASS_UP


def _complete(client: ClientTransaction, now: float, _message: object) -> Actions:
    client.request = b""
    if client.hop.listener.reliable:  # Timer K is 0 (§17.1.2.2)
        client.stop_timers()
        return PASS_UP_AND_END
    client.retransmit_at = NEVER
    client.start_timeout(Input.TIMER_K, now + client.timers.t4)
    return PASS_UP


NON_INVITE_CLIENT: Transitions = {
    # RFC 3261 Figure 6
    (State.TERMINATED, Input.START): (_send, State.TRYING),
    (State.TRYING, Input.TIMER_E): (_resend, State.TRYING),
    (State.TRYING, Input.TIMER_F): (_time_out, State.TERMINATED),
    (State.TRYING, Input.TRANSPORT_ERROR): (_fail, State.TERMINATED),
    (State.TRYING, Input.RESPONSE_1XX): (_proceed, State.PROCEEDING),
    (State.TRYING, Input.RESPONSE_2XX): (_complete, State.COMPLETED),
    (State.TRYING, Input.RESPONSE_FINAL): (_complete, State.COMPLETED),
    (State.PROCEEDING, Input.TIMER_E): (_resend_each_t2, State.PROCEEDING),
    (State.PROCEEDING, Input.TIMER_F): (_time_out, State.TERMINATED),
    (State.PROCEEDING, Input.TRANSPORT_ERROR): (_fail, State.TERMINATED),
    (State.PROCEEDING, Input.RESPONSE_1XX): (_proceed, State.PROCEEDING),
    (State.PROCEEDING, Input.RESPONSE_2XX): (_complete, State.COMPLETED),
    (State.PROCEEDING, Input.RESPONSE_FINAL): (_complete, State.COMPLETED),
    (State.COMPLETED, Input.TIMER_K): (_end, State.TERMINATED),
}

_INVITE_START = rows(INVITE_CLIENT)[State.TERMINATED]
_NON_INVITE_START = rows(NON_INVITE_CLIENT)[State.TERMINATED]

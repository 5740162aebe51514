"""Server transactions: RFC 3261 §17.2 with RFC 6026 §7.1.

    INVITE (Figure 7)                              non-INVITE (Figure 8)

    Proceeding --INVITE--> last response again     Trying --request--> nothing
       |       --1xx--> send                          |--1xx--> Proceeding, send
       |       --2xx--> Accepted, send                '--2xx-6xx--> Completed, send
       '       --3xx-6xx--> Completed, send        Proceeding --request--> send again
    Accepted --INVITE--> nothing                      '--2xx-6xx--> Completed, send
       '     --2xx--> send; --L--> Terminated      Completed --request--> send again
    Completed --INVITE, G--> send again               '--J--> Terminated
       |      --ACK--> Confirmed
       '      --H--> Terminated
    Confirmed --I--> Terminated

The user of the transaction puts the response into `response` before it tells RESPOND_….
"""

from __future__ import annotations

from ser_core.sip.hop import Hop
from ser_core.transaction.actions import NOTHING, Action, Actions
from ser_core.transaction.inputs import Input
from ser_core.transaction.machine import Row, State, Transaction, Transitions, rows
from ser_core.transaction.timers import NEVER, Timers

SEND = (Action.SEND_RESPONSE,)
END = (Action.TERMINATED,)
SEND_AND_END = (Action.SEND_RESPONSE, Action.TERMINATED)


class ServerTransaction(Transaction):
    """One request that we received; `hop` is where its responses go (§18.2.2)."""

    __slots__ = ("fallback", "is_invite", "response", "status")

    def __init__(self, row: Row, key: bytes, hop: Hop, timers: Timers, is_invite: bool) -> None:
        super().__init__(row, key, hop, timers)
        self.is_invite = is_invite
        self.fallback: Hop | None = None
        """Where to send responses when the connection of `hop` is gone (§18.2.2)."""
        self.response = b""
        """The last response sent."""
        self.status = 0
        """Its code; 0 before the first."""


def invite_server(key: bytes, hop: Hop, timers: Timers) -> ServerTransaction:
    """An INVITE server transaction in Proceeding."""
    return ServerTransaction(_INVITE_START, key, hop, timers, True)


def non_invite_server(key: bytes, hop: Hop, timers: Timers) -> ServerTransaction:
    """A non-INVITE server transaction in Trying."""
    return ServerTransaction(_NON_INVITE_START, key, hop, timers, False)


# -- INVITE (§17.2.1) ----------------------------------------------------------------------------


def _send_again(server: ServerTransaction, _now: float, _message: object) -> Actions:
    return SEND if server.response else NOTHING


def _send(_server: ServerTransaction, _now: float, _message: object) -> Actions:
    return SEND


def _accept(server: ServerTransaction, now: float, _message: object) -> Actions:
    server.start_timeout(Input.TIMER_L, now + server.timers.linger)
    return SEND


def _leave_open(server: ServerTransaction, now: float, _message: object) -> Actions:
    # nobody here answers it; its retransmissions are absorbed for a while
    server.start_timeout(Input.TIMER_L, now + server.timers.linger)
    return NOTHING


def _absorb(_server: ServerTransaction, _now: float, _message: object) -> Actions:
    return NOTHING


def _reject(server: ServerTransaction, now: float, _message: object) -> Actions:
    server.start_retransmissions(Input.TIMER_G, now)
    server.start_timeout(Input.TIMER_H, now + server.timers.fr_timer)
    return SEND


def _reject_again(server: ServerTransaction, now: float, _message: object) -> Actions:
    server.widen_gap(now, server.timers.t2)
    return SEND


def _confirm(server: ServerTransaction, now: float, _message: object) -> Actions:
    server.retransmit_at = NEVER
    if server.hop.listener.reliable:  # Timer I is 0 (§17.2.1); a moment does no harm
        server.start_timeout(Input.TIMER_I, now)
    else:
        server.start_timeout(Input.TIMER_I, now + server.timers.t4)
    return NOTHING


def _end(server: ServerTransaction, _now: float, _message: object) -> Actions:
    server.stop_timers()
    return END


INVITE_SERVER: Transitions = {
    # RFC 3261 Figure 7, with Accepted and Timer L from RFC 6026 §7.1
    (State.PROCEEDING, Input.REQUEST): (_send_again, State.PROCEEDING),
    (State.PROCEEDING, Input.RESPOND_1XX): (_send, State.PROCEEDING),
    (State.PROCEEDING, Input.RESPOND_2XX): (_accept, State.ACCEPTED),
    (State.PROCEEDING, Input.RESPOND_FINAL): (_reject, State.COMPLETED),
    (State.PROCEEDING, Input.GIVE_UP): (_leave_open, State.ACCEPTED),
    (State.ACCEPTED, Input.REQUEST): (_absorb, State.ACCEPTED),
    (State.ACCEPTED, Input.RESPOND_2XX): (_send, State.ACCEPTED),
    (State.ACCEPTED, Input.TIMER_L): (_end, State.TERMINATED),
    (State.COMPLETED, Input.REQUEST): (_send_again, State.COMPLETED),
    (State.COMPLETED, Input.TIMER_G): (_reject_again, State.COMPLETED),
    (State.COMPLETED, Input.ACK): (_confirm, State.CONFIRMED),
    (State.COMPLETED, Input.TIMER_H): (_end, State.TERMINATED),
    (State.CONFIRMED, Input.ACK): (_absorb, State.CONFIRMED),
    (State.CONFIRMED, Input.TIMER_I): (_end, State.TERMINATED),
}


# -- non-INVITE (§17.2.2) ------------------------------------------------------------------------


def _complete(server: ServerTransaction, now: float, _message: object) -> Actions:
    if server.hop.listener.reliable:  # Timer J is 0
        server.stop_timers()
        return SEND_AND_END
    server.start_timeout(Input.TIMER_J, now + server.timers.linger)
    return SEND


def _fall_silent(server: ServerTransaction, now: float, _message: object) -> Actions:
    # RFC 4320 §4.2: no 408 to a non-INVITE request; its retransmissions are absorbed for a while
    server.start_timeout(Input.TIMER_J, now + server.timers.linger)
    return NOTHING


NON_INVITE_SERVER: Transitions = {
    # RFC 3261 Figure 8
    (State.TRYING, Input.REQUEST): (_absorb, State.TRYING),
    (State.TRYING, Input.RESPOND_1XX): (_send, State.PROCEEDING),
    (State.TRYING, Input.RESPOND_2XX): (_complete, State.COMPLETED),
    (State.TRYING, Input.RESPOND_FINAL): (_complete, State.COMPLETED),
    (State.TRYING, Input.GIVE_UP): (_fall_silent, State.COMPLETED),
    (State.PROCEEDING, Input.REQUEST): (_send_again, State.PROCEEDING),
    (State.PROCEEDING, Input.RESPOND_1XX): (_send, State.PROCEEDING),
    (State.PROCEEDING, Input.RESPOND_2XX): (_complete, State.COMPLETED),
    (State.PROCEEDING, Input.RESPOND_FINAL): (_complete, State.COMPLETED),
    (State.PROCEEDING, Input.GIVE_UP): (_fall_silent, State.COMPLETED),
    (State.COMPLETED, Input.REQUEST): (_send_again, State.COMPLETED),
    (State.COMPLETED, Input.TIMER_J): (_end, State.TERMINATED),
}

_INVITE_START = rows(INVITE_SERVER)[State.PROCEEDING]
_NON_INVITE_START = rows(NON_INVITE_SERVER)[State.TRYING]

"""What a transaction can ask for. Timers aren't among them: a transaction carries its deadlines."""

from __future__ import annotations

from enum import Enum


class Action(Enum):
    """One thing to do; the transaction holds what is needed for it."""

    SEND_REQUEST = "send the request"
    SEND_ACK = "send the ACK to a response of 300 to 699"
    SEND_RESPONSE = "send the last response"
    PASS_UP = "give the response to the transaction user"
    TIMED_OUT = "tell the transaction user that nothing came in time"
    FAILED = "tell the transaction user that sending failed"
    TERMINATED = "forget the transaction"


Actions = tuple[Action, ...]

NOTHING: Actions = ()

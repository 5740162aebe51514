"""What a transaction can be told (RFC 3261 §17): messages, timers, errors."""

from __future__ import annotations

from enum import IntEnum


class Input(IntEnum):
    """The inputs of all four machines. An IntEnum, since its members hash in C."""

    START = 1
    """Client: send the request."""
    RESPONSE_1XX = 2
    RESPONSE_2XX = 3
    RESPONSE_FINAL = 4
    """Client: a response of 300 to 699."""
    REQUEST = 5
    """Server: the request came again."""
    ACK = 6
    """Server: ACK to a response of 300 to 699."""
    RESPOND_1XX = 7
    """Server: the transaction user answers, provisionally."""
    RESPOND_2XX = 8
    RESPOND_FINAL = 9
    """Server: the transaction user answers with 300 to 699."""
    TIMER_A = 10
    TIMER_B = 11
    TIMER_C = 12
    TIMER_D = 13
    TIMER_E = 14
    TIMER_F = 15
    TIMER_G = 16
    TIMER_H = 17
    TIMER_I = 18
    TIMER_J = 19
    TIMER_K = 20
    TIMER_L = 21
    TIMER_M = 22
    TRANSPORT_ERROR = 23
    GIVE_UP = 24
    """The transaction user has no more use for it."""


def response_input(status: int) -> Input:
    """How a client transaction takes a response of that status."""
    if status < 200:
        return Input.RESPONSE_1XX
    return Input.RESPONSE_2XX if status < 300 else Input.RESPONSE_FINAL


def respond_input(status: int) -> Input:
    """How a server transaction takes a response that its user sends."""
    if status < 200:
        return Input.RESPOND_1XX
    return Input.RESPOND_2XX if status < 300 else Input.RESPOND_FINAL

from __future__ import annotations

import pytest

from ser_core.modules.acc import acks
from ser_core.modules.acc.acks import SECONDS, AwaitedAcks
from ser_core.sip.message import Request
from tests.support.script_messages import request_in_script

ANSWER = (b"200", 2)


def request(method: str = "INVITE", tag: str = "a") -> Request:
    message: Request = request_in_script(
        method=method, from_=f"<sip:alice@example.org>;tag={tag}"
    ).message
    return message


def test_the_first_ack_is_told_of_once() -> None:
    awaited = AwaitedAcks()
    awaited.expect(request(), ANSWER, 0.0)
    assert awaited.take(request("ACK", tag="other"), 1.0) is None
    assert awaited.take(request("ACK"), 1.0) == ANSWER
    assert awaited.take(request("ACK"), 1.0) is None
    assert len(awaited) == 0


def test_an_ack_that_comes_too_late_is_nobodys() -> None:
    awaited = AwaitedAcks()
    awaited.expect(request(), ANSWER, 0.0)
    assert awaited.take(request("ACK"), SECONDS) is None


def test_acks_that_never_come_are_forgotten() -> None:
    awaited = AwaitedAcks()
    for tag in "abc":
        awaited.expect(request(tag=tag), ANSWER, 0.0)
    awaited.expect(request(tag="d"), ANSWER, SECONDS)
    assert len(awaited) == 1


def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acks, "LIMIT", 2)
    awaited = AwaitedAcks()
    for tag in "abc":
        awaited.expect(request(tag=tag), ANSWER, 0.0)
    assert len(awaited) == 2
    assert awaited.take(request("ACK", tag="a"), 1.0) is None
    assert awaited.take(request("ACK", tag="c"), 1.0) == ANSWER

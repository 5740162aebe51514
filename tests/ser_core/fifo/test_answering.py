from __future__ import annotations

import pytest

from ser_core.fifo.answering import answer
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.declarations import Pending, Result
from ser_core.fifo.protocol import Reply
from ser_core.fifo.requests import BadRequest, Request

UPTIME = Request("uptime", "reply_1", ())


def test_a_reply_is_handed_on_at_once() -> None:
    taken: list[Reply] = []
    counters = FifoCounters()
    answer(UPTIME, lambda request: Reply(200, request.command), taken.append, counters)
    assert taken == [Reply(200, "uptime")]
    assert (counters.requests.value, counters.bad_requests.value) == (1, 0)


def test_a_pending_one_when_it_is_there() -> None:
    taken: list[Reply] = []
    pending = Pending()
    answer(UPTIME, lambda _: pending, taken.append, FifoCounters())
    assert taken == []
    pending.answer(Reply(408, "Request Timeout"))
    assert taken == [Reply(408, "Request Timeout")]


def test_a_bad_request_is_answered_counted_and_logged(capfd: pytest.CaptureFixture[str]) -> None:
    taken: list[Reply] = []
    counters = FifoCounters()
    refusal = Reply(400, "line too long")

    def execute(_: Request) -> Result:
        raise AssertionError("nothing is to be carried out")

    answer(BadRequest("reply_1", refusal, "print: line too long"), execute, taken.append, counters)
    assert taken == [refusal]
    assert (counters.requests.value, counters.bad_requests.value) == (0, 1)
    assert "bad command: print: line too long" in capfd.readouterr().err


def test_a_command_that_raises_is_answered_counted_and_logged(
    capfd: pytest.CaptureFixture[str],
) -> None:
    taken: list[Reply] = []
    counters = FifoCounters()

    def execute(_: Request) -> Result:
        raise RuntimeError("boom!")

    answer(UPTIME, execute, taken.append, counters)
    assert taken == [Reply(500, "uptime failed, the log says why")]
    assert counters.failures.value == 1
    assert "boom!" in capfd.readouterr().err

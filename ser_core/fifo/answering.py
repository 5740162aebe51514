"""One request: counted, carried out under a guard, its answer handed on. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from ser_core import log
from ser_core.fifo.counters import FifoCounters
from ser_core.fifo.declarations import Pending, Result
from ser_core.fifo.protocol import Reply
from ser_core.fifo.requests import BadRequest, Request

Execute = Callable[[Request], Result]
"""Carries out a request. Called in the hub, so it doesn't wait: what takes time is Pending."""
Take = Callable[[Reply], None]


def answer(
    request: Request | BadRequest, execute: Execute, take: Take, counters: FifoCounters
) -> None:
    """Have `take` called with the reply, now or when it is there."""
    if isinstance(request, BadRequest):
        counters.bad_requests.add()
        log.limited("fifo-bad-request", log.WARNING, "bad command: %s", request.text)
        take(request.reply)
        return
    counters.requests.add()
    result = _result(request, execute, counters)
    if isinstance(result, Pending):
        result.when_answered(take)
    else:
        take(result)


def _result(request: Request, execute: Execute, counters: FifoCounters) -> Result:
    try:
        return execute(request)
    except Exception:  # noqa: BLE001  # the guard of one request: the next one must be served
        counters.failures.add()
        log.exception("the request %s failed", request.command)
        return Reply(500, f"{request.command} failed, the log says why")

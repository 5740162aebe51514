from __future__ import annotations

import threading

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.fifo.reach import NoReply
from serctl.askers import Askers
from tests.support.daemon import wait_for
from tests.support.serctl_runs import FakeSer

WAIT = 10.0


class Made:
    """Counts its clients; each answers when told to."""

    def __init__(self) -> None:
        self.clients: list[FakeSer] = []
        self.go = threading.Event()

    def connect(self) -> FakeSer:
        self.clients.append(FakeSer(slow=self._slow, fast="200 ok\n"))
        return self.clients[-1]

    def _slow(self) -> str:
        assert self.go.wait(WAIT)
        return "200 late\n"


def test_a_slow_request_doesnt_hold_up_the_next_one() -> None:
    made = Made()
    askers: Askers[str] = Askers(made.connect)
    askers.ask("first", "slow", timeout=WAIT)
    askers.ask("second", "fast", timeout=WAIT)
    early = askers.next(WAIT)
    assert early is not None
    assert (early.key, early.reply) == ("second", Reply(200, "ok"))
    made.go.set()
    late = askers.next(WAIT)
    assert late is not None
    assert (late.key, late.reply) == ("first", Reply(200, "late"))
    assert askers.outstanding == 0
    assert len(made.clients) == 2


def test_a_client_is_used_again() -> None:
    made = Made()
    askers: Askers[int] = Askers(made.connect)
    for number in range(3):
        askers.ask(number, "fast", timeout=WAIT)
        assert askers.next(WAIT) is not None
    assert len(made.clients) == 1
    askers.close()
    assert made.clients[0].closed == 1


def test_nothing_comes_in_time() -> None:
    askers: Askers[int] = Askers(FakeSer)
    assert askers.next(0.001) is None


def test_what_a_client_raises_comes_out_here() -> None:
    askers: Askers[int] = Askers(lambda: FakeSer(x=NoReply("none")))
    askers.ask(1, "x", timeout=WAIT)
    result = askers.next(WAIT)
    assert result is not None
    assert isinstance(result.error, NoReply)


def test_a_connection_that_cant_be_made_comes_out_here_too() -> None:
    def fail() -> FakeSer:
        raise SystemExit(3)

    askers: Askers[int] = Askers(fail)
    askers.ask(1, "x", timeout=WAIT)
    result = askers.next(WAIT)
    assert result is not None
    assert isinstance(result.error, SystemExit)


def test_the_time_is_that_of_the_request() -> None:
    times = iter([10.0, 11.0, 13.5])
    askers: Askers[int] = Askers(lambda: FakeSer(x="200 ok\n"), clock=lambda: next(times))
    askers.ask(1, "x", timeout=WAIT)
    result = askers.next(WAIT)
    assert result is not None
    assert result.seconds == pytest.approx(2.5)


def test_a_client_that_still_waits_is_closed_when_it_is_done() -> None:
    made = Made()
    askers: Askers[int] = Askers(made.connect)
    askers.ask(1, "slow", timeout=WAIT)
    wait_for(lambda: made.clients and made.clients[0].requests, "the request")
    askers.close()
    assert made.clients[0].closed == 0
    made.go.set()
    wait_for(lambda: made.clients[0].closed, "the client to be closed")

from __future__ import annotations

import math
from functools import partial
from typing import Any

import gevent
import pytest

from ser_core.database.waiting import TooLate, Wait, Waiting

LONG = 30.0


def asking(waiting: Waiting, timeout: float, waits: list[Wait[Any]]) -> gevent.Greenlet[[], Any]:
    """A greenlet that waits; its value is what came, or the error."""

    def ask() -> Any:
        wait = waiting.begin(timeout)
        waits.append(wait)
        try:
            return wait.get()
        except (TooLate, LookupError) as error:
            return error
        finally:
            waiting.end(wait)

    greenlet = gevent.spawn(ask)
    gevent.sleep(0)
    return greenlet


def from_the_hub(call: Any, *arguments: object) -> None:
    gevent.get_hub().loop.run_callback(call, *arguments)


def test_a_result_is_handed_over() -> None:
    waits: list[Wait[Any]] = []
    greenlet = asking(Waiting(), LONG, waits)
    from_the_hub(waits[0].take, "result")
    assert greenlet.get(timeout=LONG) == "result"


def test_an_error_is_raised_where_somebody_waits() -> None:
    waits: list[Wait[Any]] = []
    greenlet = asking(Waiting(), LONG, waits)
    error = LookupError("of the work")
    from_the_hub(waits[0].fail, error)
    assert greenlet.get(timeout=LONG) is error


def test_the_first_result_counts() -> None:
    waits: list[Wait[Any]] = []
    greenlet = asking(Waiting(), LONG, waits)
    from_the_hub(waits[0].take, "first")
    from_the_hub(waits[0].take, "second")
    from_the_hub(waits[0].fail, LookupError())
    assert greenlet.get(timeout=LONG) == "first"


def test_a_result_for_somebody_who_has_gone_is_dropped() -> None:
    waits: list[Wait[Any]] = []
    greenlet = asking(Waiting(), LONG, waits)
    greenlet.kill()
    from_the_hub(waits[0].take, "too late")
    gevent.sleep(0)
    assert isinstance(greenlet.value, gevent.GreenletExit)


def _note(ended: list[str], name: str, _greenlet: object) -> None:
    ended.append(name)


def test_each_waits_until_its_own_deadline() -> None:
    """Whoever came first may have to wait longest."""
    waiting = Waiting()
    waits: list[Wait[Any]] = []
    ended: list[str] = []
    greenlets = {}
    for name, timeout in (("long", LONG), ("last", 0.06), ("first", 0.02), ("middle", 0.04)):
        greenlets[name] = asking(waiting, timeout, waits)
        greenlets[name].link(partial(_note, ended, name))
    for name in ("first", "middle", "last"):
        assert isinstance(greenlets[name].get(timeout=LONG), TooLate)
    gevent.sleep(0)
    assert ended == ["first", "middle", "last"]
    assert not greenlets["long"].ready()
    waiting.fail_all(lambda: LookupError("it is down"))
    assert isinstance(greenlets["long"].get(timeout=LONG), LookupError)
    waiting.close()


def test_who_comes_after_all_others_have_gone_has_a_deadline_too() -> None:
    waiting = Waiting()
    waits: list[Wait[Any]] = []
    for _ in range(3):
        assert isinstance(asking(waiting, 0.005, waits).get(timeout=LONG), TooLate)
    waiting.close()


def test_all_who_wait_fail_together() -> None:
    waiting = Waiting()
    waits: list[Wait[Any]] = []
    greenlets = [asking(waiting, LONG, waits) for _ in range(3)]
    waiting.fail_all(lambda: LookupError("it is down"))
    for greenlet in greenlets:
        assert isinstance(greenlet.get(timeout=LONG), LookupError)
    assert len({id(x.value) for x in greenlets}) == 3, "an error belongs to one greenlet"
    waiting.close()


def test_who_takes_long_is_told_of_once() -> None:
    told: list[None] = []
    waiting = Waiting(0.005, lambda: told.append(None))
    waits: list[Wait[Any]] = []
    greenlet = asking(waiting, 0.05, waits)
    assert isinstance(greenlet.get(timeout=LONG), TooLate)
    assert len(told) == 1
    assert waits[0].slow_at == math.inf
    waiting.close()


def test_a_timeout_of_the_callers_own_goes_through() -> None:
    waiting = Waiting()
    wait = waiting.begin(LONG)
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.005):
        wait.get()
    waiting.end(wait)
    waiting.close()

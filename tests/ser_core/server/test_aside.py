"""Work beside a loop."""

from __future__ import annotations

import sys
import threading

import pytest

from ser_core.server.aside import Aside


def test_it_goes_on_beside_whoever_asked_for_it() -> None:
    go_on = threading.Event()
    before = sys.getswitchinterval()
    aside = Aside(lambda: go_on.wait(10))
    assert not aside.has_ended()
    assert sys.getswitchinterval() < before
    go_on.set()
    assert aside.has_ended(10)
    assert aside.result() is True
    assert sys.getswitchinterval() == before


def test_what_it_raises_is_raised_where_the_result_is_asked_for() -> None:
    aside = Aside(lambda: 1 // 0)
    assert aside.has_ended(10)
    with pytest.raises(ZeroDivisionError):
        aside.result()

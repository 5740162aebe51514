"""Errors in the hub reach the log; the collector is told to run seldom."""

from __future__ import annotations

import gc

import gevent
import pytest

from ser_core.modules.api import Counter
from ser_core.server.hub import YOUNG_OBJECTS, log_errors_of, tune_collector


def fail() -> None:
    raise ValueError("broken\nline")


def test_what_a_greenlet_or_a_callback_raises_is_logged_and_counted(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    hub = gevent.get_hub()
    failures = Counter("core.failures", "")
    monkeypatch.setattr(hub, "print_exception", hub.print_exception)  # undone at the end
    log_errors_of(hub, failures)
    gevent.spawn(fail).join()
    hub.loop.run_callback(fail)
    gevent.sleep(0.001)
    text = capfd.readouterr().err
    assert failures.value == 2
    assert text.count("ValueError: broken") == 2
    assert text.count(" line") >= 2
    assert all(" ERR " in line for line in text.splitlines())


def test_the_collector_looks_seldom_and_not_at_what_is_there_already() -> None:
    before = gc.get_threshold()
    try:
        tune_collector()
        assert gc.get_threshold()[0] == YOUNG_OBJECTS
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)

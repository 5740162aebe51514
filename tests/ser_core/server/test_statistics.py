"""Memory and counters in the log."""

from __future__ import annotations

import os

import pytest

from ser_core.modules.api import Counter
from ser_core.server.shared import SharedPages
from ser_core.server.statistics import log_statistics, resident_kib


def test_memory_of_a_process_is_in_kib() -> None:
    assert 1000 < resident_kib(os.getpid()) < 10_000_000


def test_memory_of_a_process_that_is_gone_is_0() -> None:
    assert resident_kib(2**22 + 1) == 0


def test_counters_that_counted_are_logged(capfd: pytest.CaptureFixture[str]) -> None:
    pages = SharedPages(1, ["a.busy", "a.idle"])
    counter = Counter("a.busy", "")
    pages.attach([counter], 0)
    counter.add(3)
    log_statistics(pages, {"receiver 0 (pid 5)": 5})
    text = capfd.readouterr().err
    assert "this process: " in text
    assert "receiver 0 (pid 5): " in text
    assert "a.busy = 3" in text
    assert "a.idle" not in text

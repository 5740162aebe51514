from __future__ import annotations

import os

from sertui.meter import Meter
from sertui.snapshot import Process


def test_memory_is_known_at_once_and_cpu_from_the_second_look_on() -> None:
    meter = Meter()
    [first] = meter.measured([Process(0, os.getpid(), "us")])
    assert first.cpu is None
    assert first.rss is not None
    assert first.rss > 1_000_000
    [second] = meter.measured([Process(0, os.getpid(), "us")])
    assert second.cpu is not None
    assert second.cpu >= 0


def test_a_process_that_is_not_there_has_neither() -> None:
    gone, starting = Process(1, 2**22 + 1, "gone"), Process(2, 0, "starting")
    assert Meter().measured([gone, starting]) == (gone, starting)

"""Lines of the log on their way to log_tail."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from ser_core import log
from ser_core.fifo.log_ring import LogRing
from ser_core.server.bus_messages import LogLine, decode
from ser_core.server.log_tap import line_of, tap_into, tap_into_bus
from ser_core.server.plan import Plan
from tests.support.plans import CONTROL, plan_of


@pytest.fixture
def plan() -> Iterator[Plan]:
    with plan_of(1, CONTROL) as made:
        yield made
    log.tap(None)


class Cell:
    log_lines = 0


def test_a_line_goes_to_the_fifo_server_over_the_bus(plan: Plan) -> None:
    tap_into_bus(plan)
    log.error("something %s", "went\nwrong", call_id=b"abc")
    message = decode(plan.bus.reading_end(plan.fifo_place).recv(65536))
    assert isinstance(message, LogLine)
    line = line_of(message)
    assert abs(line.time - time.time()) < 60
    assert (line.level, line.process, line.pid) == (log.ERROR, log.process_name(), os.getpid())
    assert (line.call_id, line.text) == ("abc", "something went\\nwrong")


def test_what_the_fifo_server_does_not_take_at_once_is_counted(plan: Plan) -> None:
    tap_into_bus(plan)
    while plan.bus.post(plan.fifo_place, LogLine(0.0, 0, "x", 1, "", "x" * 3000)):
        pass
    log.error("one too many " + "x" * 3000)
    assert plan.counters.fifo.log_lines_lost.value == 1


def test_the_process_that_has_the_ring_needs_no_bus(plan: Plan) -> None:
    ring = LogRing(Cell())
    tap_into(ring)
    log.error("it fell")
    ((number, line),) = ring.newest(9, log.MESSAGES).lines
    assert (number, line.text, line.pid) == (1, "it fell", os.getpid())


def test_bytes_that_are_no_text_travel_as_the_log_shows_them(plan: Plan) -> None:
    tap_into_bus(plan)
    log.error("%s größe", b"\xff".decode("utf-8", "surrogateescape"))
    message = decode(plan.bus.reading_end(plan.fifo_place).recv(65536))
    assert isinstance(message, LogLine)
    assert message.text == "\\udcff größe"

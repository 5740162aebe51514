"""The shared pages: what one process writes, all see; rows have one writer and readers sum."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest

from ser_core.modules.api import Counter
from ser_core.server.shared import SharedPages


def in_child(work: Callable[[], None]) -> None:
    """Run `work` in a forked process and wait for it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_a_forked_process_shares_debug_level_and_generation() -> None:
    pages = SharedPages(1, [])
    pages.debug_level = 3

    def work() -> None:
        pages.debug_level = -1
        pages.script_generation += 1

    in_child(work)
    assert pages.debug_level == -1
    assert pages.debug_cell[0] == -1
    assert pages.script_generation == 1


def test_what_whoever_takes_over_must_know_is_shared() -> None:
    pages = SharedPages(1, [])
    assert (pages.revert, pages.log_lines) == ((0, 0), 0)

    def work() -> None:
        pages.revert = (123_456_789_012, -1)
        pages.log_lines = 10_000

    in_child(work)
    assert (pages.revert, pages.log_lines) == ((123_456_789_012, -1), 10_000)
    assert pages.debug_level == 0


def test_each_process_shows_its_pid() -> None:
    pages = SharedPages(2, ["x"])
    in_child(lambda: pages.set_pid(1, os.getpid()))
    assert pages.pid(0) == 0
    assert pages.pid(1) > 0
    pages.set_pid(1, 0)
    assert pages.pid(1) == pages.total("x") == pages.heartbeat_cell(1)[0] == 0


def test_counters_of_all_processes_are_summed() -> None:
    pages = SharedPages(3, ["a.x", "a.y"])

    def work(process: int) -> None:
        x, y = Counter("a.x", ""), Counter("a.y", "")
        pages.attach([y, x], process)
        x.add(10 * (process + 1))
        y.add()

    for process in range(3):
        in_child(partial(work, process))
    assert pages.totals() == {"a.x": 60, "a.y": 3}
    assert pages.value("a.x", 1) == 20
    assert pages.total("a.y") == 3


def test_a_restarted_process_goes_on_counting_where_its_row_was() -> None:
    pages = SharedPages(1, ["x"])
    for _ in range(2):
        counter = Counter("x", "")
        pages.attach([counter], 0)
        counter.add(5)
    assert pages.total("x") == 10


def test_heartbeat_cells_are_apart_from_counters() -> None:
    pages = SharedPages(2, ["x"])
    counter = Counter("x", "")
    pages.attach([counter], 1)
    pages.heartbeat_cell(1)[0] = 77
    assert counter.value == 0
    assert pages.heartbeat_cell(0)[0] == 0
    assert pages.heartbeat_cell(1)[0] == 77


def test_rows_do_not_share_cache_lines() -> None:
    for counters in range(20):
        pages = SharedPages(2, [f"c{number}" for number in range(counters)])
        assert pages._width * 8 % 64 == 0
        assert pages._width >= counters + 2


def test_a_counter_that_is_not_in_the_layout_is_refused() -> None:
    with pytest.raises(KeyError):
        SharedPages(1, ["x"]).attach([Counter("y", "")], 0)


def test_a_name_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        SharedPages(1, ["x", "x"])


def test_a_process_without_a_row_is_refused() -> None:
    with pytest.raises(IndexError):
        SharedPages(2, []).heartbeat_cell(2)


def test_counters_that_come_later_have_cells_that_were_made_before_the_fork() -> None:
    pages = SharedPages(2, ["x"], spare=2)
    late = Counter("late", "")

    def count() -> None:
        pages.add_counters(["x", "late"])
        pages.attach([late], 1)
        late.add(5)

    in_child(count)
    pages.add_counters(["x", "late", "late"])
    assert pages.counter_names == ("x", "late")
    assert (pages.total("late"), pages.totals()) == (5, {"x": 0, "late": 5})


def test_without_room_no_counter_is_added() -> None:
    pages = SharedPages(1, ["x"], spare=0)
    room = pages._width - 3
    with pytest.raises(ValueError, match=f"room for {room} more counters, {room + 1} are needed"):
        pages.add_counters(f"late{x}" for x in range(room + 1))
    assert pages.counter_names == ("x",)
    pages.add_counters(f"late{x}" for x in range(room))
    pages.attach([Counter(f"late{room - 1}", "")], 0)

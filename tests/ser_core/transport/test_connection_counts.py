"""Counts over processes: what one writes, all read; a source's count is never too low."""

from __future__ import annotations

import os

from ser_core.transport.connection_counts import CELLS, ConnectionCounts


def test_rows_are_summed_over_processes() -> None:
    counts = ConnectionCounts(3)
    cells = counts.cells_of("192.0.2.1")
    for process, number in enumerate((5, 7, 11)):
        counts.add(process, number)
        counts.add_from(process, cells, number - 1)
    counts.add(1, -2)
    counts.add_from(1, cells, -2)
    assert counts.total() == 21
    assert counts.from_source(cells) == 18


def test_another_process_sees_what_is_counted() -> None:
    counts = ConnectionCounts(2)
    cells = counts.cells_of("2001:db8::1")
    pid = os.fork()
    if pid == 0:
        same = counts.cells_of("2001:db8::1") == cells
        counts.add(1, 3 if same else 100)
        counts.add_from(1, cells, 2)
        os._exit(0)
    os.waitpid(pid, 0)
    assert counts.total() == 3
    assert counts.from_source(cells) == 2


def test_a_process_that_ended_leaves_nothing() -> None:
    counts = ConnectionCounts(3)
    cells = counts.cells_of("192.0.2.1")
    for process in range(3):
        counts.add(process, 4)
        counts.add_from(process, cells, 4)
    counts.clear(1)
    assert counts.total() == 8
    assert counts.from_source(cells) == 8


def test_no_source_counts_for_another_among_a_thousand() -> None:
    counts = ConnectionCounts()
    sources = [f"10.0.{number // 256}.{number % 256}" for number in range(1000)]
    for source in sources:
        counts.add_from(0, counts.cells_of(source), 1)
    seen = [counts.from_source(counts.cells_of(source)) for source in sources]
    assert min(seen) == 1
    assert seen.count(1) > 900, "in 4,096 cells some 45 share both, with whomever"
    assert max(seen) < 5


def test_cells_lie_within_the_row_and_nobody_can_tell_which() -> None:
    first, second = ConnectionCounts(), ConnectionCounts()
    sources = [f"10.0.0.{number}" for number in range(256)]
    for source in sources:
        one, other = first.cells_of(source)
        assert 1 <= one <= CELLS < other <= 2 * CELLS
    assert [first.cells_of(x) for x in sources] != [second.cells_of(x) for x in sources]

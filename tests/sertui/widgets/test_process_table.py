from __future__ import annotations

from sertui.snapshot import Process
from sertui.widgets.process_table import ProcessTable, name_of

NARROW, WIDE = 23, 60


def table(*processes: Process) -> ProcessTable:
    found = ProcessTable(id="processes")
    found.show(processes)
    return found


def plain(found: ProcessTable, width: int, height: int = 10) -> list[str]:
    return [line.plain for line in found.lines(width, height)]


def test_a_receiver_goes_by_its_number() -> None:
    assert name_of(Process(2, 1, "receiver child=3 sock= 192.0.2.1:5060 +1")) == "receiver 3"
    assert name_of(Process(0, 1, "attendant")) == "attendant"


def test_numbers_stand_at_the_right() -> None:
    found = table(
        Process(0, 7, "attendant", 0.4, 21_000_000), Process(1, 8, "fifo server", 100.0, 9)
    )
    assert plain(found, NARROW) == ["attendant   0.4%  21 MB", "fifo server 100%   0 KB"]


def test_with_room_there_are_pid_and_bar() -> None:
    [line] = plain(table(Process(0, 4711, "attendant", 50.0, 1)), WIDE)
    assert line.split() == ["attendant", "4711", "━━━━━╌╌╌╌╌", "50%", "0", "KB"]


def test_what_does_not_fit_is_summed_up() -> None:
    found = table(*(Process(n, n, f"p{n}", 10.0, 1_000_000) for n in range(5)))
    assert [line.split()[0] for line in plain(found, NARROW, 3)] == ["p0", "p1", "+"]
    assert plain(found, NARROW, 3)[-1].split() == ["+", "3", "more", "30%", "3", "MB"]


def test_a_process_that_starts_has_no_numbers() -> None:
    assert plain(table(Process(0, 0, "attendant")), NARROW)[0].split() == ["attendant", "–", "–"]


def test_the_sum_of_all_stands_below() -> None:
    found = table(Process(0, 1, "a", 1.0, 1_000_000), Process(1, 2, "b", 2.0, 2_000_000))
    assert found.border_subtitle == "3.0%  3 MB"
    assert table().border_subtitle == ""


def test_a_hostile_description_is_written_out() -> None:
    assert name_of(Process(0, 1, "x\x1b[2J")) == "x\\x1b[2J"

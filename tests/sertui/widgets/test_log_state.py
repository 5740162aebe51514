"""What the line below the log says."""

from __future__ import annotations

from sertui.log_view import Filter, LogView
from sertui.widgets.log_state import words
from tests.support.sertui_feed import log_line


def view(*levels: str) -> LogView:
    made = LogView()
    made.take(log_line(seq, level, "") for seq, level in enumerate(levels, 1))
    return made


def test_all_of_it_and_moving() -> None:
    log = view("INFO", "ERR")
    log.set_filter(Filter(commands=True))
    assert words(log, follows=True) == ["▼ following", "2 lines", "all levels"]


def test_one_line_is_no_lines() -> None:
    assert "1 line" in words(view("INFO"), follows=True)


def test_a_part_of_it() -> None:
    log = view("INFO", "ERR")
    log.set_filter(Filter(level=1))
    assert words(log, follows=False) == [
        "■ not following",
        "1 of 2 lines",
        "up to WARN",
        "without FIFO commands",
    ]


def test_paused_it_counts_what_waits() -> None:
    log = view("INFO")
    log.pause()
    log.take(log_line(seq, "INFO", "") for seq in range(2, 1202))
    assert words(log, follows=True)[0] == "‖ paused, 1,200 new"

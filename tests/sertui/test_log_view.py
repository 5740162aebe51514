"""What is kept, shown and missing."""

from __future__ import annotations

import dataclasses

from sertui.log_view import Filter, LogView
from tests.support.sertui_feed import log_line, lost, snapshot


def numbers(view: LogView) -> list[int]:
    """Of the daemon's lines that are shown."""
    return [row.line.seq for row in view.shown if row.line]


def sentences(view: LogView) -> list[str]:
    return [row.said for row in view.shown if row.said]


def filled(*levels: str, capacity: int = 100) -> LogView:
    view = LogView(capacity)
    view.take(log_line(seq, level, f"line {seq}") for seq, level in enumerate(levels, 1))
    return view


def test_lines_are_shown_in_the_order_in_which_they_came() -> None:
    assert numbers(filled("INFO", "ERR", "DBG4")) == [1, 2, 3]


def test_the_oldest_lines_go_when_there_are_too_many() -> None:
    view = filled(*["INFO"] * 12, capacity=10)
    assert numbers(view) == list(range(3, 13))
    assert view.kept == 10


def test_a_filter_shows_lines_of_a_level_and_below() -> None:
    view = filled("INFO", "ERR", "DBG4", "WARN", "ALERT")
    view.set_filter(Filter(level=1))
    assert numbers(view) == [2, 4, 5]
    view.take([log_line(6, "INFO", "x"), log_line(7, "CRIT", "y")])
    assert numbers(view) == [2, 4, 5, 7]


def test_rows_that_are_not_shown_make_room_too() -> None:
    view = LogView(4)
    view.set_filter(Filter(level=1))
    view.take(log_line(seq, "ERR" if seq % 2 else "INFO", "") for seq in range(1, 9))
    assert numbers(view) == [5, 7]


def test_a_filter_looks_for_text_in_whatever_case() -> None:
    view = LogView()
    view.take([log_line(1, "INFO", "Route [LOST]"), log_line(2, "INFO", "found")])
    view.set_filter(Filter(text="[lost"))
    assert numbers(view) == [1]
    view.set_filter(Filter(text="RECEIVER"))
    assert numbers(view) == [1, 2]


def test_a_filter_shows_one_call() -> None:
    view = LogView()
    view.take([log_line(1, "INFO", "a", call_id="1@h"), log_line(2, "INFO", "1@h in the text")])
    view.set_filter(Filter(call_id="1@H"))
    assert numbers(view) == [1]


def test_commands_that_ser_was_asked_are_shown_on_demand_only() -> None:
    asked = dataclasses.replace(log_line(2, "DBG4", "command stats"), process="fifo server")
    view = LogView()
    view.take([log_line(1, "DBG4", "command stats"), asked])
    assert numbers(view) == [1]
    view.set_filter(Filter(commands=True))
    assert numbers(view) == [1, 2]


def test_lines_that_were_lost_are_told() -> None:
    view = filled("INFO", "INFO")
    view.take([log_line(1203, "INFO", "late")])
    assert sentences(view) == ["1,200 lines were left out: more came than could be read"]
    view.take([log_line(1205, "INFO", "later")])
    assert sentences(view)[1:] == ["1 line was left out: more came than could be read"]


def test_lines_before_the_first_one_are_not_missed() -> None:
    view = LogView()
    view.take([log_line(500, "INFO", "first")])
    assert sentences(view) == []


def test_a_log_that_begins_again_is_told() -> None:
    view = filled("INFO", "INFO", "INFO")
    view.take([log_line(1, "NOTICE", "ready")])
    assert sentences(view) == ["ser was started anew: its log begins again"]


def test_a_ser_with_another_pid_is_told_once() -> None:
    view = LogView()
    view.watch(snapshot(log=(log_line(1, "INFO", ""), log_line(2, "INFO", ""))))
    view.watch(lost("gone"))
    view.watch(lost("gone"))
    anew = snapshot(config={"pid": "4242"}, log=(log_line(40, "INFO", ""),))
    view.watch(anew)
    view.watch(dataclasses.replace(anew, log=(log_line(41, "INFO", ""),)))
    assert sentences(view) == [
        "ser is out of reach: gone",
        "ser is there again",
        "ser was started anew: its log begins again",
    ]
    assert numbers(view) == [1, 2, 40, 41]


def test_a_restart_that_is_seen_by_numbers_first_is_told_once() -> None:
    view = LogView()
    view.watch(snapshot(log=(log_line(7, "INFO", ""),)))
    view.watch(snapshot(log=(log_line(1, "INFO", ""),)))
    view.watch(snapshot(config={"pid": "4242"}, log=(log_line(2, "INFO", ""),)))
    assert sentences(view) == ["ser was started anew: its log begins again"]


def test_sentences_pass_every_filter() -> None:
    view = filled("INFO")
    view.set_filter(Filter(level=-1, text="nowhere", call_id="none"))
    view.watch(lost("gone"))
    assert sentences(view) == ["ser is out of reach: gone"]


def test_paused_nothing_moves_and_what_waits_is_counted() -> None:
    view = filled("INFO", "INFO", capacity=4)
    view.set_filter(Filter(level=3))
    view.pause()
    view.take([log_line(3, "INFO", ""), log_line(4, "DBG4", ""), log_line(5, "INFO", "")])
    assert (numbers(view), view.waiting, view.is_paused) == ([1, 2], 2, True)
    view.resume()
    assert (numbers(view), view.waiting, view.is_paused) == ([2, 3, 5], 0, False)


def test_a_filter_that_changes_while_paused_shows_no_newer_lines() -> None:
    view = filled("INFO", "ERR")
    view.pause()
    view.take([log_line(3, "ERR", "")])
    view.set_filter(Filter(level=-1))
    assert (numbers(view), view.waiting) == ([2], 1)


def test_a_row_is_found_by_its_number_or_the_next_one() -> None:
    view = filled("INFO", "ERR", "INFO", "ERR", "INFO")
    view.set_filter(Filter(level=-1))
    assert [view.place_of(number) for number in range(7)] == [0, 0, 0, 1, 1, 1, 1]
    assert LogView().place_of(3) == 0


def test_a_search_goes_round_in_both_directions() -> None:
    view = LogView()
    view.take(log_line(seq, "INFO", "Hit" if seq % 2 else "no") for seq in range(1, 6))
    assert [view.find("hit", start) for start in range(5)] == [2, 2, 4, 4, 0]
    assert [view.find("HIT", start, -1) for start in range(5)] == [4, 0, 0, 2, 2]
    assert view.find("nothing", 0) is None
    assert view.find("", 0) is None
    assert LogView().find("hit", 0) is None


def test_the_last_lines_of_a_level_whatever_the_filter() -> None:
    view = filled("ERR", "WARN", "INFO", "ERR")
    view.set_filter(Filter(text="nothing"))
    assert [row.line and row.line.seq for row in view.last(2, 1)] == [4, 2]

from __future__ import annotations

import pytest
from wcwidth import wcswidth

from serctl.drawing import Look, draw


def looks(*headings: str) -> list[Look]:
    return [Look(heading) for heading in headings]


def test_numbers_go_to_the_right_and_are_never_read() -> None:
    columns = [Look("number"), Look("n", to_the_right=True)]
    assert draw(columns, [["00441234", "1e5"], ["+49", "7"]], None) == [
        "number      n",
        "--------  ---",
        "00441234  1e5",
        "+49         7",
    ]


def test_without_headings_there_is_no_rule() -> None:
    assert draw([Look(), Look()], [["a", "1"], ["bcd", "2"]], None) == ["a    1", "bcd  2"]


@pytest.mark.parametrize("width", [None, 40])
def test_without_rows_the_headings_stand_alone(width: int | None) -> None:
    assert draw(looks("a", "b"), [], width) == ["a    b", "---  ---"]


def test_nothing_at_all() -> None:
    assert draw([], [], None) == [""]


@pytest.mark.parametrize("width", [40, 60, 79])
def test_a_table_fits_the_terminal(width: int) -> None:
    rows = [["joe", "x" * 2000, "y" * 50], ["a", "b", "c"]]
    for line in draw(looks("user", "agent", "more"), rows, width):
        assert len(line) <= width


def test_only_what_is_wide_is_cut() -> None:
    lines = draw(looks("user", "agent"), [["joe@example.com", "x" * 100]], 40)
    assert lines[2] == "joe@example.com  " + "x" * 22 + "…"


def test_a_number_or_a_time_stays_whole() -> None:
    columns = [Look("contact"), Look("expires", is_whole=True)]
    lines = draw(columns, [["x" * 100, "03:44:05 (in 10 min)"]], 40)
    assert lines[2] == "x" * 17 + "…  03:44:05 (in 10 min)"


def test_what_fits_is_not_cut() -> None:
    assert draw(looks("a"), [["x" * 40]], 40)[2] == "x" * 40


def test_without_a_width_nothing_is_cut() -> None:
    assert draw(looks("a"), [["x" * 2000]], None)[2] == "x" * 2000


def test_wide_characters_count_twice() -> None:
    lines = draw(looks("a", "b"), [["漢" * 30, "z"], ["👍" * 30, "z"]], 30)
    assert max(map(wcswidth, lines)) <= 30
    assert [line[-1] for line in lines[2:]] == ["z", "z"]


def test_a_terminal_that_is_much_too_narrow_still_shows_a_little() -> None:
    lines = draw(looks("user", "agent"), [["joe@example.com", "x" * 100]], 5)
    assert lines[2] == "joe@e…  xxxxxx…"

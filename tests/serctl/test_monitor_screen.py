from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serctl.monitor_screen import body, cell, per_second, screen
from serctl.readings import Number
from serctl.trends import Trend


def trend(name: str, value: int = 0, rate: float | None = None, *history: float) -> Trend:
    return Trend(Number("Things", name, value), rate, history)


TEN = [trend(str(number)) for number in range(10)]


def test_a_cell_has_name_number_rate_and_sparkline() -> None:
    assert cell(trend("Total", 12, 3.25, 0, 7, 7), 40) == (
        " Total                12    3.2/s    ▁██"
    )


def test_a_number_that_rests_has_neither_rate_nor_sparkline() -> None:
    assert cell(trend("Total", 12, 0.0, 0, 0), 40).rstrip() == " Total                12"


def test_a_great_number_takes_room_from_the_name() -> None:
    assert cell(trend("location expired", 123456789), 30) == " location expi 123456789      "


@pytest.mark.parametrize(
    ("rate", "shown"), [(1234.5, "1234"), (12.34, "12.3"), (0.5, "0.5"), (0.0123, "0.012")]
)
def test_a_rate_has_few_digits(rate: float, shown: str) -> None:
    assert per_second(rate) == shown


def test_one_column_while_there_is_room() -> None:
    assert body(TEN, 200, 11)[:2] == ["Things", " 0                     0"]
    assert len(body(TEN, 200, 11)) == 11


def test_more_columns_when_there_isnt() -> None:
    lines = body(TEN, 80, 6)
    assert len(lines) == 6
    assert lines[1].split() == ["0", "0", "6", "0"]


def test_what_doesnt_fit_is_told() -> None:
    assert body(TEN, 40, 4)[-1] == "… 8 more lines: enlarge the window"


def test_nothing_fits() -> None:
    assert body(TEN, 40, 0) == []


def test_without_numbers_there_is_nothing_to_show() -> None:
    assert body([], 80, 10) == []


@given(st.integers(1, 200), st.integers(1, 60), st.integers(0, 60))
def test_it_never_leaves_the_screen(width: int, height: int, numbers: int) -> None:
    trends = [trend(f"number {n}", n**6, 1e9, 1, 2) for n in range(numbers)]
    lines = screen(["head " * 30, "more"], trends, (width, height))
    assert len(lines) <= height
    assert all(len(line) <= max(width, 36) for line in lines)

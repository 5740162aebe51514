from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serctl.sparkline import ASCII_BARS, BARS, moves, sparkline


def test_each_step_has_its_bar() -> None:
    assert sparkline(list(range(8)), 8) == BARS


def test_a_short_history_stands_at_the_right() -> None:
    assert sparkline([0, 7], 4) == "  ▁█"


def test_only_the_last_values_are_shown() -> None:
    assert sparkline([100, 0, 7], 2) == "▁█"


def test_what_doesnt_move_has_no_line() -> None:
    assert sparkline([3, 3, 3], 5) == " " * 5


@pytest.mark.parametrize("values", [[], [3], [3, 3]])
def test_nothing_moves_in_a_single_value(values: list[float]) -> None:
    assert not moves(values)


def test_other_bars() -> None:
    assert sparkline([0, 1], 2, ASCII_BARS) == "_@"


@given(st.lists(st.floats(0, 1e12), max_size=40), st.integers(-1, 30))
def test_it_is_as_wide_as_wanted(values: list[float], width: int) -> None:
    assert len(sparkline(values, width)) == max(width, 0)

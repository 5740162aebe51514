from __future__ import annotations

from sertui.widgets.braille import bars, hanging


def test_two_values_share_a_character_and_the_newest_is_at_the_right() -> None:
    assert bars([0, 1, 2, 3, 4], top=4, width=3, height=1) == [" ⣠⣾"]
    assert bars([4, 4], top=4, width=3, height=1) == ["  ⣿"]


def test_bars_stand_up_and_hang_down() -> None:
    assert bars([8, 4], top=8, width=1, height=2) == ["⡇", "⣿"]
    assert hanging([8, 4], top=8, width=1, height=2) == ["⣿", "⡇"]
    assert hanging([1, 2], top=4, width=1, height=1) == ["⠙"]


def test_whatever_is_more_than_nothing_has_a_dot() -> None:
    assert bars([0.001, 0], top=1000, width=1, height=1) == ["⡀"]


def test_nothing_above_the_top() -> None:
    assert bars([9, 9], top=4, width=1, height=1) == ["⣿"]


def test_a_scale_of_nought_draws_nothing() -> None:
    assert bars([0, 0], top=0, width=2, height=1) == ["  "]

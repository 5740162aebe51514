from __future__ import annotations

import pytest

from sertui.widgets.figures import Figure, line_of


def test_a_narrow_row_has_a_rate_and_a_short_total() -> None:
    line = line_of(Figure("requests", 1204.4, 1_234_567), 26)
    assert line.plain == "requests    1,204/s 1.23M "


def test_a_wide_row_writes_the_total_out_and_draws_the_rate() -> None:
    line = line_of(Figure("requests", 1204.4, 1_234_567), 60, "⣿⣿⣿")
    assert line.plain.split() == ["requests", "⣿⣿⣿1,204/s", "1,234,567"]
    assert line.cell_length == 60


def test_what_is_not_known_is_a_dash() -> None:
    assert line_of(Figure("expired", None, None), 24).plain.split() == ["expired", "–", "–"]


@pytest.mark.parametrize(
    ("total", "before", "sign"),
    [(2, 1, "▴"), (1, 2, "▾"), (1, 1, " "), (1, None, " "), (None, 1, " ")],
)
def test_a_number_that_moved_has_a_sign(total: int | None, before: int | None, sign: str) -> None:
    figure = Figure("registered", 0.0, total, before)
    assert figure.moved == sign
    assert line_of(figure, 26).plain[-1] == sign


def test_a_number_that_moved_is_bold_and_a_nought_steps_back() -> None:
    def emphasis(figure: Figure) -> str:
        return str(line_of(figure, 26).spans[-2].style)

    assert emphasis(Figure("x", 1.0, 2, 1)) == "bold"
    assert "$faint" in [str(span.style) for span in line_of(Figure("x", 0.0, 0, 0), 26).spans]


def test_a_label_that_is_too_long_is_cut() -> None:
    assert line_of(Figure("a very long label", 0.0, 0), 20).plain.startswith("a ver…")


def test_where_there_is_no_room_the_rate_stays_and_no_number_is_cut() -> None:
    assert line_of(Figure("4xx", 2.0, 1_297), 14).plain == "4xx        2/s"

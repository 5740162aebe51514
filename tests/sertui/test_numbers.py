from __future__ import annotations

import pytest

from sertui.numbers import NOTHING, duration, number, percent, short, size


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, NOTHING), (0, "0"), (0.25, "0.2"), (3.0, "3"), (9.96, "10"), (1204.4, "1,204")],
)
def test_a_number_has_a_decimal_only_where_it_tells_something(
    value: float | None, text: str
) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, NOTHING),
        (9_999, "9,999"),
        (10_000, "10.0k"),
        (12_345, "12.3k"),
        (820_003, "820k"),
        (999_600, "1.00M"),
        (1_234_567, "1.23M"),
        (45e9, "45.0G"),
        (2e15, "2.0e+15"),
    ],
)
def test_a_short_number_has_five_places(value: float | None, text: str) -> None:
    assert short(value) == text


def test_sizes_and_percents_have_units() -> None:
    assert [size(None), size(512_000), size(41_000_000), size(1_200_000_000)] == [
        NOTHING,
        "512 KB",
        "41 MB",
        "1.2 GB",
    ]
    assert [percent(None), percent(0.0), percent(9.4), percent(94.2)] == [
        NOTHING,
        "0.0%",
        "9.4%",
        "94%",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, NOTHING),
        (-1, "0 s"),
        (59, "59 s"),
        (60, "1 min 0 s"),
        (3661, "1 h 1 min"),
        (273_120, "3 d 3 h"),
    ],
)
def test_a_duration_has_two_units(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text

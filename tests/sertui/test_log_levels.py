"""Ranks, signs and the steps of the filter."""

from __future__ import annotations

import pytest

from sertui.log_levels import FILTERS, HIGHEST, KINDS, kind_of, name_of, narrower, rank, wider


@pytest.mark.parametrize(
    ("name", "number"),
    [("ALERT", -3), ("CRIT", -2), ("ERR", -1), ("LOG", 0), ("WARN", 1), ("INFO", 3), ("DBG7", 7)],
)
def test_names_and_numbers_of_levels_belong_together(name: str, number: int) -> None:
    assert rank(name) == number
    assert name_of(number) == name


@pytest.mark.parametrize("name", ["", "DBG", "DBG10", "[red]", "err"])
def test_an_unknown_level_ranks_highest(name: str) -> None:
    assert rank(name) == HIGHEST


def test_each_kind_has_a_sign_of_its_own() -> None:
    assert len({kind.sign for kind in KINDS}) == len(KINDS)
    assert all(len(kind.sign) == 1 for kind in KINDS)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ALERT", "serious"),
        ("ERR", "serious"),
        ("LOG", "serious"),
        ("WARN", "warned"),
        ("NOTICE", "noticed"),
        ("INFO", "told"),
        ("DBG4", "traced"),
    ],
)
def test_levels_look_as_urgent_as_they_are(name: str, kind: str) -> None:
    assert kind_of(name).name == kind


def test_the_filter_goes_through_all_steps_and_stops_at_the_ends() -> None:
    assert [wider(level) for level in FILTERS] == [*FILTERS[1:], HIGHEST]
    assert [narrower(level) for level in FILTERS] == [FILTERS[0], *FILTERS[:-1]]

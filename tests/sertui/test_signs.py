from __future__ import annotations

import pytest

from sertui.app import SCREENS
from sertui.log_levels import KINDS
from sertui.ping_board import State
from sertui.registrations import RowState
from sertui.signs import CURSOR, SIGNS, signs_of


def explained(mode: str) -> set[str]:
    return {sign for each in signs_of(mode) for sign in each.sign.split()}


@pytest.mark.parametrize(
    ("mode", "drawn"),
    [
        ("registrations", {state.value for state in RowState} | {CURSOR}),
        ("pings", {state.value for state in State}),
        ("log", {kind.sign for kind in KINDS} | {CURSOR}),
    ],
)
def test_each_sign_that_is_drawn_is_explained(mode: str, drawn: set[str]) -> None:
    assert {sign for sign in drawn if sign.strip()} <= explained(mode)


def test_each_screen_has_its_signs_in_sentences() -> None:
    assert all(signs_of(mode) for mode in SCREENS)
    assert all(sign.meaning.endswith(".") for sign in SIGNS)

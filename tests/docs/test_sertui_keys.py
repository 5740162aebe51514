"""The tables of keys in docs/sertui.md."""

from __future__ import annotations

from docs.sertui_keys import PLACES, keys
from sertui.actions import ACTIONS
from sertui.signs import SIGNS


def test_every_action_stands_in_its_place() -> None:
    parts = dict(part.split("\n", 1) for part in keys().split("### ")[1:])
    for action in ACTIONS:
        assert f" | {action.help} |\n" in parts[PLACES[action.where]]


def test_every_sign_stands_in_its_place() -> None:
    parts = dict(part.split("\n", 1) for part in keys().split("### ")[1:])
    for sign in SIGNS:
        assert f"| {sign.sign} | {sign.meaning} |\n" in parts[PLACES[sign.where]]


def test_keys_are_written_as_on_a_keyboard() -> None:
    text = keys()
    assert "| `Ctrl+P` |" in text
    assert "| `d` `F9` |" in text
    assert "| `+` |" in text

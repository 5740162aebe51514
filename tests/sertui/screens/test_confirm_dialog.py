"""Nothing is done by accident."""

from __future__ import annotations

import pytest
from rich.text import Text

from sertui.screens.confirm_dialog import ConfirmDialog
from sertui.themes import ThemedApp
from tests.support.sertui_feed import text_of


async def answer_to(*keys: str) -> bool | None:
    """What the dialog ends with."""
    app = ThemedApp()
    answers: list[bool | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(
            ConfirmDialog("Remove", Text("Remove [b]joe[/]?"), "Remove"), answers.append
        )
        await pilot.pause()
        assert "Remove [b]joe[/]?" in text_of(app)
        await pilot.press(*keys)
        await pilot.pause()
    return answers[0] if answers else None


@pytest.mark.parametrize("keys", [("y",), ("left", "enter"), ("shift+tab", "enter")])
async def test_yes_is_chosen_on_purpose(keys: tuple[str, ...]) -> None:
    assert await answer_to(*keys) is True


@pytest.mark.parametrize("keys", [("n",), ("escape",), ("q",), ("enter",)])
async def test_all_else_leaves_things_as_they_are(keys: tuple[str, ...]) -> None:
    assert await answer_to(*keys) is False


async def test_a_click_answers() -> None:
    app = ThemedApp()
    answers: list[bool | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ConfirmDialog("Remove", Text("?"), "Remove"), answers.append)
        await pilot.pause()
        await pilot.click("#yes")
        await pilot.pause()
    assert answers == [True]

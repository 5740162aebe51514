"""A registration with all its fields."""

from __future__ import annotations

import pytest

from sertui.screens.registration_dialog import RegistrationDialog
from sertui.themes import ThemedApp
from tests.support.sertui_feed import NOW, text_of
from tests.support.sertui_registrations import registration


@pytest.mark.parametrize(
    ("key", "action"),
    [("p", "ping"), ("s", "send"), ("x", "remove"), ("delete", "remove"), ("escape", "")],
)
async def test_it_ends_with_what_is_to_be_done(key: str, action: str) -> None:
    app = ThemedApp()
    ends: list[str | None] = []
    async with app.run_test() as pilot:
        app.push_screen(RegistrationDialog(registration(), NOW), ends.append)
        await pilot.press(key)
        await pilot.pause()
    assert ends == [action]


async def test_long_values_are_all_there() -> None:
    app = ThemedApp()
    async with app.run_test(size=(80, 60)) as pilot:
        row = registration(user_agent="[red]" + "y" * 2000 + "END\x1b[m")
        app.push_screen(RegistrationDialog(row, NOW))
        await pilot.pause()
        text = text_of(app)
        assert "[red]yyy" in text
        assert "END\\x1b[m" in text
        await pilot.press("y")
        assert "\x1b" not in app.clipboard
        assert "AOR: joe\n" in app.clipboard

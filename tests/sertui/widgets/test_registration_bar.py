"""The field above the registrations."""

from __future__ import annotations

from textual.app import ComposeResult

from sertui.themes import ThemedApp
from sertui.widgets.registration_bar import RegistrationBar
from tests.support.sertui_feed import text_of


class BarApp(ThemedApp):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield RegistrationBar()

    def on_registration_bar_changed(self, event: RegistrationBar.Changed) -> None:
        self.told.append(event.value)

    def on_registration_bar_done(self) -> None:
        self.told.append("done")


async def test_what_is_typed_is_told_letter_by_letter() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 3)) as pilot:
        app.query_one(RegistrationBar).enter()
        await pilot.press("j", "o", "down")
        assert app.told == ["j", "jo", "done"]


async def test_escape_empties_it_and_leaves() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 3)) as pilot:
        app.query_one(RegistrationBar).enter()
        await pilot.press("j", "escape")
        await pilot.pause()
        assert sorted(app.told) == ["", "done", "j"]


async def test_the_state_is_plain_text() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 3)) as pilot:
        app.query_one(RegistrationBar).tell("[red]3\x1b[m")
        await pilot.pause()
        assert "[red]3\\x1b[m" in text_of(app)

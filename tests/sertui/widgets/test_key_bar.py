"""The line of keys."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from sertui.widgets.key_bar import KeyBar
from tests.support.sertui_feed import text_of


class Holder(App[None]):
    """Three keys that are shown, one of them off, and one that isn't."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [  # noqa: RUF012  # Textual's way
        Binding("a,b", "count(1)", "One [more]"),
        Binding("f5", "count(10)", "Ten"),
        Binding("x", "never", "Never"),
        Binding("y", "count(100)", "Hidden", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.counted = 0

    def compose(self) -> ComposeResult:
        yield Input(id="field")
        yield KeyBar()

    def action_count(self, number: int) -> None:
        self.counted += number

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "never" else True


async def test_each_action_has_one_key_and_its_label() -> None:
    app = Holder()
    async with app.run_test(size=(60, 5)) as pilot:
        app.set_focus(None)
        await pilot.pause()
        last = text_of(app).splitlines()[-1]
        assert last.startswith("a One [more] f5 Ten x Never")
        assert "Hidden" not in last


async def test_a_click_presses_the_key() -> None:
    app = Holder()
    async with app.run_test(size=(60, 5)) as pilot:
        app.set_focus(None)
        await pilot.pause()
        await pilot.click(KeyBar, offset=(3, 0))
        await pilot.click(KeyBar, offset=(14, 0))
        await pilot.click(KeyBar, offset=(50, 0))
        await pilot.pause()
        assert app.counted == 11


async def test_other_keys_are_shown_when_the_focus_moves() -> None:
    app = Holder()
    async with app.run_test(size=(60, 5)) as pilot:
        app.set_focus(None)
        await pilot.pause()
        bar = app.query_one(KeyBar)
        before = list(bar._keys)
        app.query_one("#field", Input).focus()
        await pilot.pause()
        assert [key.key for key in bar._keys] != [key.key for key in before]

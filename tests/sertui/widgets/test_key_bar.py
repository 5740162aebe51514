"""The line of keys."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from sertui.themes import ThemedApp
from sertui.widgets.key_bar import Key, KeyBar, placed
from tests.support.sertui_feed import text_of


class Holder(ThemedApp):
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
        assert last.startswith(" a One [more]  F5 Ten  x Never")
        assert "Hidden" not in last


async def test_a_click_presses_the_key() -> None:
    app = Holder()
    async with app.run_test(size=(60, 5)) as pilot:
        app.set_focus(None)
        await pilot.pause()
        await pilot.click(KeyBar, offset=(1, 0))
        await pilot.click(KeyBar, offset=(12, 0))
        await pilot.pause()
        assert app.counted == 2
        await pilot.click(KeyBar, offset=(15, 0))
        await pilot.click(KeyBar, offset=(14, 0))
        await pilot.click(KeyBar, offset=(40, 0))
        await pilot.pause()
        assert app.counted == 12


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


def key(shown: str, label: str, action: str = "") -> Key:
    return Key(shown, shown, label, True, action or label)


KEYS = [
    key("a", "Add"),
    key("x", "Remove"),
    key("?", "Help", "help"),
    key("^p", "Palette", "command_palette"),
    key("q", "Quit", "quit"),
]


def line(width: int) -> str:
    """What `placed` makes of them."""
    text = ""
    for column, each in placed(KEYS, width):
        text = f"{text.ljust(column)}{each.shown} {each.label}"
    return text


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (50, "a Add  x Remove         ? Help  ^p Palette  q Quit"),
        (43, "a Add  x Remove  ? Help  ^p Palette  q Quit"),
        (39, "a Add x Remove ? Help ^p Palette q Quit"),
        (38, "a Add  x Remove         ? Help  q Quit"),
        (27, "a Add  x Remove      ? Help"),
        (20, "a Add         ? Help"),
        (6, "? Help"),
        (5, ""),
    ],
)
def test_no_key_is_cut_and_help_goes_last(width: int, shown: str) -> None:
    assert line(width) == shown

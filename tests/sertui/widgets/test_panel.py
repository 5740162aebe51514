from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content

from sertui.themes import ThemedApp
from sertui.widgets.panel import Panel
from tests.support.sertui_feed import text_of


class Greeting(Panel):
    def lines(self, width: int, height: int) -> Sequence[Content]:
        return [Content("a line that is too long for it"), Content("two"), Content("three")]


class Box(ThemedApp):
    CSS = "Greeting { width: 14; height: 4; }"

    def compose(self) -> ComposeResult:
        yield Greeting()


async def test_lines_are_cut_to_the_room_there_is() -> None:
    app = Box()
    async with app.run_test(size=(20, 5)):
        assert text_of(app).split("\n")[:4] == [
            "╭────────────╮",
            "│ a line th… │",
            "│ two        │",
            "╰────────────╯",
        ]

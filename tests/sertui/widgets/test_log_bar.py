"""The three fields above the log."""

from __future__ import annotations

from textual.app import ComposeResult

from sertui.themes import ThemedApp
from sertui.widgets.log_bar import CALL_ID, SEARCH, TEXT, LogBar


class Holder(ThemedApp):
    """Writes down what the bar says."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, ...]] = []

    def compose(self) -> ComposeResult:
        yield LogBar()

    def on_log_bar_changed(self, event: LogBar.Changed) -> None:
        self.heard.append((event.field, event.value))

    def on_log_bar_done(self, event: LogBar.Done) -> None:
        self.heard.append((event.field,))


async def test_what_is_typed_is_told_at_once_and_enter_and_escape_end_it() -> None:
    app = Holder()
    async with app.run_test() as pilot:
        bar = app.query_one(LogBar)
        bar.enter(TEXT)
        await pilot.press("a", "b", "enter", "escape")
        assert app.heard == [(TEXT, "a"), (TEXT, "ab"), (TEXT,), (TEXT, ""), (TEXT,)]
        assert bar.value_of(TEXT) == ""


async def test_a_field_that_filters_shows_it() -> None:
    app = Holder()
    async with app.run_test() as pilot:
        app.query_one(LogBar).put(CALL_ID, "1@h")
        await pilot.pause()
        assert app.heard == [(CALL_ID, "1@h")]
        assert app.query_one(f"#{CALL_ID}").has_class("-used")
        assert not app.query_one(f"#{SEARCH}").has_class("-used")

"""The widget alone; tests/sertui/screens/test_log.py has it among the rest."""

from __future__ import annotations

from textual.app import ComposeResult

from sertui.log_view import Filter, LogView
from sertui.themes import ThemedApp
from sertui.widgets.log_lines import LogLines
from tests.support.sertui_feed import log_line, text_of


class Holder(ThemedApp):
    """Fifty places wide, six lines high."""

    def __init__(self) -> None:
        super().__init__()
        self.view = LogView(100)

    def compose(self) -> ComposeResult:
        yield LogLines(self.view)

    @property
    def lines(self) -> LogLines:
        return self.query_one(LogLines)

    def come(self, first: int, last: int, text: str = "line") -> None:
        self.view.take(log_line(seq, "INFO", f"{text} {seq}.") for seq in range(first, last + 1))
        self.lines.sync()


def without_scrollbar(app: Holder) -> list[str]:
    return [row[:40].rstrip() for row in text_of(app).splitlines()]


async def test_who_reads_sees_the_same_lines_while_old_ones_go() -> None:
    app = Holder()
    async with app.run_test(size=(50, 6)) as pilot:
        app.come(1, 100)
        await pilot.press("up", "up", "up", "up", "up", "up", "up", "up")
        await pilot.pause()
        before = without_scrollbar(app)
        app.come(101, 150)
        await pilot.pause()
        assert len(app.view.shown) == 100
        assert without_scrollbar(app) == before


async def test_the_cursor_stays_on_its_line_when_the_filter_changes() -> None:
    app = Holder()
    async with app.run_test(size=(50, 6)) as pilot:
        app.come(1, 60)
        app.lines.go_to(41)
        app.view.set_filter(Filter(text="2."))
        app.lines.sync()
        await pilot.pause()
        row = app.lines.row
        assert row is not None
        assert row.line is not None
        assert row.line.seq == 42


async def test_a_long_line_is_reached_sideways() -> None:
    app = Holder()
    async with app.run_test(size=(50, 6)) as pilot:
        app.come(1, 1, "m" * 200)
        await pilot.pause()
        assert "m 1." not in text_of(app)
        for _ in range(180):
            app.lines.action_scroll_right()
        await pilot.pause()
        app.lines.scroll_to(x=1000, animate=False, immediate=True)
        await pilot.pause()
        assert "m 1." in text_of(app)


async def test_another_width_has_other_columns() -> None:
    app = Holder()
    async with app.run_test(size=(50, 6)) as pilot:
        app.come(1, 3)
        await pilot.pause()
        assert "receiver 0(4103)" not in text_of(app)
        await pilot.resize_terminal(120, 6)
        await pilot.pause()
        assert "receiver 0(4103)" in text_of(app)


async def test_the_search_is_marked() -> None:
    app = Holder()
    async with app.run_test(size=(50, 6)) as pilot:
        app.come(1, 3)
        app.lines.search = "line 2"
        await pilot.pause()
        strips = [app.lines.render_line(y) for y in range(3)]
        marked = [
            piece.text for strip in strips for piece in strip if piece.style and piece.style.reverse
        ]
        assert marked == ["line 2"]

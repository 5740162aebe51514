from __future__ import annotations

from sertui.screens.text_dialog import TextDialog
from sertui.themes import ThemedApp
from tests.support.sertui_feed import text_of

HOSTILE = "[red]one[/]\n\x1b[2Jtwo\n" + "".join(f"line {number}\n" for number in range(100))


async def test_a_text_of_any_sort_is_shown_scrolled_copied_and_closed() -> None:
    app = ThemedApp()
    async with app.run_test(size=(60, 20), notifications=True) as pilot:
        await app.push_screen(TextDialog("A [title]", HOSTILE))
        await pilot.pause()
        assert "A [title]" in text_of(app)
        assert "[red]one[/]" in text_of(app)
        assert r"\x1b[2Jtwo" in text_of(app)
        await pilot.press("end", "y")
        await pilot.pause()
        assert app.clipboard.splitlines()[1] == r"\x1b[2Jtwo"
        await pilot.press("escape")
        assert not isinstance(app.screen, TextDialog)

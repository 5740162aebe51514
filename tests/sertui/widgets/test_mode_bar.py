from __future__ import annotations

import pytest

from sertui.widgets.mode_bar import LABELS, ModeBar
from tests.support.sertui_feed import RecordedFeed, text_of


async def test_the_present_mode_is_marked() -> None:
    app = RecordedFeed().app()
    async with app.run_test() as pilot:
        await pilot.press("5")
        here = app.screen.query_one(ModeBar).query(".-here")
        assert [str(getattr(label, "content", "")) for label in here] != []
        assert len(here) == 1
        assert "5 Log" in text_of(app).split("\n")[1]


@pytest.mark.parametrize("mode", [mode for mode, _ in LABELS])
async def test_a_click_goes_there(mode: str) -> None:
    app = RecordedFeed().app()
    async with app.run_test() as pilot:
        label = [name for name, _ in LABELS].index(mode)
        await pilot.click(app.screen.query_one(ModeBar).children[label], offset=(2, 0))
        await pilot.pause()
        assert app.current_mode == mode

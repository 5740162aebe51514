from __future__ import annotations

import pytest

from sertui.plain_text import plain_text
from sertui.screens.pick_one import Pick, PickOne
from sertui.themes import ThemedApp
from tests.support.sertui_feed import text_of
from tests.support.virtual_time import run

LINES = [plain_text(line) for line in ("one", "[b]two\x1b[/b]", "three" * 100)]


def picked(*keys: str, can_send: bool = False) -> tuple[list[Pick | None], str]:
    async def main() -> tuple[list[Pick | None], str]:
        app = ThemedApp()
        picks: list[Pick | None] = []
        async with app.run_test(size=(60, 12)) as pilot:
            await app.push_screen(PickOne("Lines", LINES, can_send=can_send), picks.append)
            await pilot.pause()
            shown = text_of(app)
            await pilot.press(*keys)
            await pilot.pause()
        return picks, shown

    return run(main())


def test_a_line_is_chosen() -> None:
    assert picked("enter")[0] == [Pick(0, False)]
    assert picked("down", "down", "enter")[0] == [Pick(2, False)]


@pytest.mark.parametrize("key", ["escape", "q"])
def test_it_can_be_left(key: str) -> None:
    assert picked(key)[0] == [None]


@pytest.mark.parametrize("key", ["g", "f4"])
def test_a_line_is_sent_at_once_where_that_can_be(key: str) -> None:
    assert picked("down", key, can_send=True)[0] == [Pick(1, True)]
    assert picked(key)[0] == []


def test_each_line_is_one_line_as_it_is() -> None:
    shown = picked("escape", can_send=True)[1]
    assert "[b]two\\x1b[/b]" in shown
    assert shown.count("three") < 20
    assert "threethr" in shown
    assert "g sends it again" in shown

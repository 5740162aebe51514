from __future__ import annotations

from sertui.screens.ask_line import AskLine
from sertui.themes import ThemedApp
from tests.support.sertui_feed import text_of
from tests.support.virtual_time import run


def asked(*keys: str, value: str = "") -> tuple[list[str | None], str]:
    async def main() -> tuple[list[str | None], str]:
        app = ThemedApp()
        answers: list[str | None] = []
        async with app.run_test(size=(60, 12)) as pilot:
            await app.push_screen(AskLine("[b]Who\x1b?", "[i]help", value), answers.append)
            await pilot.pause()
            shown = text_of(app)
            await pilot.press(*keys)
            await pilot.pause()
        return answers, shown

    return run(main())


def test_a_line_is_the_answer() -> None:
    assert asked(*" joe ", "enter")[0] == ["joe"]
    assert asked("enter", value="ann")[0] == ["ann"]
    assert asked("backspace", "enter", value="ann")[0] == ["an"]


def test_nothing_is_another_answer_than_no_answer() -> None:
    assert asked("enter")[0] == [""]
    assert asked("x", "escape")[0] == [None]


def test_what_it_shows_is_no_markup() -> None:
    shown = asked("escape")[1]
    assert "[b]Who\\x1b?" in shown
    assert "[i]help" in shown

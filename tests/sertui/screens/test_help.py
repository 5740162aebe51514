from __future__ import annotations

import pytest

from sertui.actions import EVERYWHERE, Action, actions_of
from sertui.app import SCREENS
from sertui.screens.help import HelpScreen, keys_of
from sertui.signs import signs_of
from sertui.widgets.mode_bar import LABELS
from tests.support.sertui_feed import RecordedFeed, text_of


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help_opens_and_closes(key: str) -> None:
    app = RecordedFeed().app()
    async with app.run_test(size=(100, 60)) as pilot:
        await pilot.press(key)
        assert isinstance(app.screen, HelpScreen)
        for action in (*actions_of("overview"), *actions_of(EVERYWHERE)):
            assert action.help.split(",")[0] in text_of(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("key", ["escape", "q", "question_mark", "f1", "enter"])
async def test_each_of_its_keys_closes_it(key: str) -> None:
    app = RecordedFeed().app()
    async with app.run_test() as pilot:
        app.action_help()
        await pilot.pause()
        await pilot.press(key)
        assert not isinstance(app.screen, HelpScreen)
        assert app.is_running


@pytest.mark.parametrize("mode", SCREENS)
async def test_it_tells_the_keys_of_the_mode(mode: str) -> None:
    app = RecordedFeed().app()
    async with app.run_test(size=(100, 60)) as pilot:
        await app.action_mode(mode)
        app.action_help()
        await pilot.pause()
        for action in actions_of(mode):
            assert keys_of(action) in text_of(app)
        assert dict(LABELS)[mode] in text_of(app).split("Keys and signs")[1]
        for sign in signs_of(mode):
            assert f"{sign.sign} " in text_of(app)
            assert sign.meaning in text_of(app)


def test_keys_are_named_as_they_stand_on_the_keyboard() -> None:
    assert keys_of(Action("x", "question_mark,f1,plus,ctrl+p", "X", "X.")) == "? F1 + ^P"

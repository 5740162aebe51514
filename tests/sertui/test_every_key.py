"""Each key of the one table of actions, pressed or clicked where it works, does its thing.

One app a screen. What a key is to bring about is a condition that doesn't hold before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.widgets import OptionList

from sertui.actions import ACTIONS, EVERYWHERE, actions_of
from sertui.app import SCREENS
from sertui.screens.debug_dialog import DebugDialog
from sertui.screens.help import HelpScreen
from sertui.screens.pick_one import PickOne
from sertui.snapshot import Snapshot
from sertui.widgets.key_bar import KeyBar
from sertui.widgets.ping_table import PingTable
from tests.support.sertui_effects import EFFECTS, OPTIONS, WORKING, Stage, answering, came
from tests.support.sertui_feed import RecordedFeed, text_of
from tests.support.until import until


def test_it_is_known_of_each_action_what_it_does() -> None:
    assert EFFECTS.keys() == {(action.where, action.name) for action in ACTIONS}


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.mark.parametrize("place", SCREENS)
async def test_each_key_does_its_thing(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = answering()
    app = feed.app()
    async with app.run_test(size=(100, 24)) as pilot:
        stage, wrong = Stage(place, pilot, feed), list[str]()
        monkeypatch.setattr(app, "exit", lambda: setattr(stage, "left", stage.left + 1))
        await feed.play(pilot, WORKING)
        for action in (*actions_of(place), *actions_of(EVERYWHERE)):
            effect = EFFECTS[action.where, action.name]
            for key in action.keys.split(","):
                await stage.set()
                await effect.before(stage)
                before = bool(effect.seen(stage))
                await pilot.press(key)
                if before or not await came(stage, effect.seen):
                    wrong.append(f"{key} {action.name}{': it was so before' * before}")
        assert wrong == []


@pytest.mark.parametrize("place", ["registrations", "inject"])
async def test_each_key_in_the_last_line_can_be_clicked(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = answering()
    app = feed.app()
    shown = [x for x in (*actions_of(place), *actions_of(EVERYWHERE)) if x.shown]
    async with app.run_test(size=(140, 24)) as pilot:
        stage, clicked = Stage(place, pilot, feed), list[str]()
        monkeypatch.setattr(app, "exit", lambda: setattr(stage, "left", stage.left + 1))
        await feed.play(pilot, WORKING)
        for action in shown:
            effect = EFFECTS[action.where, action.name]
            await stage.set()
            await effect.before(stage)
            await pilot.pause()
            line = text_of(app).splitlines()[-1]
            await pilot.click(KeyBar, offset=(f" {line}".index(f" {action.label}") + 1, 0))
            if await came(stage, effect.seen):
                clicked.append(action.name)
        assert clicked == [action.name for action in shown]


async def test_rows_and_lists_can_be_clicked() -> None:
    feed = answering()
    app = feed.app()
    async with app.run_test(size=(100, 24)) as pilot:
        await feed.play(pilot, WORKING)
        stage = Stage("pings", pilot, feed)
        await stage.set()
        app.pinger.add("sip:other@192.0.2.9")
        await pilot.pause()
        await pilot.click(PingTable, offset=(6, 2))
        assert app.mode_screen.query_one(PingTable).chosen == "sip:other@192.0.2.9"
        stage = Stage("inject", pilot, feed)
        await stage.set()
        await pilot.press("t")
        await pilot.click(OptionList, offset=(5, 2))
        await until(pilot, lambda: not stage.top(PickOne))
        assert stage.inject._editor.text != OPTIONS


@pytest.mark.parametrize("place", ["inject", "registrations", "log"])
async def test_letters_are_text_while_one_types_and_function_keys_are_keys(place: str) -> None:
    feed = answering()
    app = feed.app()
    async with app.run_test(size=(100, 24)) as pilot:
        stage = Stage(place, pilot, feed)
        await feed.play(pilot, WORKING)
        await stage.set()
        field: Any = app.mode_screen.query_one("#request" if place == "inject" else "Field")
        field.focus()
        await pilot.pause()
        typed = [
            key
            for action in (*actions_of(place), *actions_of(EVERYWHERE))
            for key in action.keys.split(",")
            if len(key) == 1
        ]
        await pilot.press(*typed)
        written = field.text if place == "inject" else field.value
        assert "".join(typed) in written
        assert app.current_mode == place
        assert len(app.screen_stack) == 1
        assert app.focused is field
        await pilot.press("f1")
        assert stage.top(HelpScreen)
        await pilot.press("escape", "f9")
        assert stage.top(DebugDialog)
        if place == "inject":
            await pilot.press("escape", "f2")
            assert stage.top(PickOne)


def lost_of(seen: Snapshot) -> Snapshot:
    return replace(seen, connected=False, problem="nobody reads it", rates={}, log=())


async def test_no_key_harms_without_ser_nor_with_an_empty_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        monkeypatch.setattr(app, "exit", lambda: None)
        for seen in (Snapshot(), Snapshot(connected=True, sequence=1), lost_of(WORKING)):
            if seen.sequence:
                await feed.play(pilot, seen)
            for place in SCREENS:
                for action in actions_of(place) or actions_of(EVERYWHERE):
                    await app.action_mode(place)
                    await pilot.press(action.keys.split(",")[0])
                    while len(app.screen_stack) > 1:
                        app.pop_screen()
        await pilot.pause()
        assert app.is_running

"""Keys that come in one burst, as from a paste, go where each would go by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot

from sertui.app import SertuiApp
from sertui.screens.ask_line import AskLine
from sertui.widgets.log_lines import LogLines
from tests.support.sertui_effects import WORKING, answering
from tests.support.sertui_feed import RecordedFeed, text_of
from tests.support.until import until

NAMES = {"\r": "enter", "\x1b": "escape", "/": "slash", "\x10": "ctrl+p"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def burst(app: SertuiApp, text: str) -> None:
    """All of it is there before the first key is looked at."""
    for char in text:
        app.post_message(Key(NAMES.get(char, char), char if char.isprintable() else None))


async def opened(pilot: Pilot[None], feed: RecordedFeed, mode: str) -> None:
    await feed.play(pilot, WORKING)
    await pilot.press(mode)
    await pilot.pause()


async def test_a_text_behind_the_key_that_asks_for_it_is_for_the_dialog() -> None:
    feed = answering()
    app = feed.app()
    async with app.run_test(size=(100, 24)) as pilot:
        await opened(pilot, feed, "4")
        burst(app, "asip:q1x@192.0.2.9\rasip:x2p@192.0.2.9\r")
        await until(pilot, lambda: len(app.pinger.board) == 2)
        assert [x.uri for x in app.pinger.board] == ["sip:q1x@192.0.2.9", "sip:x2p@192.0.2.9"]
        assert len(app.screen_stack) == 1


async def test_keys_go_on_in_the_mode_and_the_place_that_those_before_have_led_to() -> None:
    feed = answering()
    app = feed.app()
    async with app.run_test(size=(100, 24)) as pilot:
        await feed.play(pilot, WORKING)
        burst(app, "2/user00003\rx")
        await until(pilot, lambda: "Remove the contact sip:user00003" in text_of(app))
        burst(app, "n5sline 4\r")
        await until(pilot, lambda: app.current_mode == "log")
        await until(pilot, lambda: isinstance(app.focused, LogLines))
        assert "line 4" in log_of(app).search
        burst(app, "d7\x1b3t\x1bo~/file")
        await until(pilot, lambda: "~/file" in text_of(app))
        assert isinstance(app.screen, AskLine)


async def test_what_is_pasted_behind_a_key_is_for_its_dialog() -> None:
    feed = answering()
    app = feed.app()
    async with app.run_test(size=(100, 24)) as pilot:
        await opened(pilot, feed, "4")
        burst(app, "a")
        app.post_message(Paste("sip:pasted@192.0.2.9"))
        burst(app, "\r")
        await until(pilot, lambda: app.pinger.board.get("sip:pasted@192.0.2.9"))


async def test_a_place_that_is_busy_for_long_holds_up_no_key() -> None:
    feed = answering()
    app = feed.app()
    async with app.run_test(size=(100, 24)) as pilot:
        await opened(pilot, feed, "5")
        over = asyncio.Event()
        app.screen.call_later(over.wait)
        app.screen.call_later(lambda: app.screen.focus())
        burst(app, "11")
        await until(pilot, lambda: not app._key_order._waiting)
        over.set()
        await until(pilot, lambda: app.current_mode == "overview")


async def test_each_key_in_a_burst_of_hundreds_arrives_once_and_in_its_place() -> None:
    feed = answering()
    app = feed.app()
    async with app.run_test(size=(100, 24)) as pilot:
        await opened(pilot, feed, "5")
        text = "".join(chr(ord("a") + number % 26) for number in range(300))
        burst(app, f"/{text}\r")
        await until(pilot, lambda: app.log_view.filter.text == text)
        await until(pilot, lambda: isinstance(app.focused, LogLines))


def log_of(app: SertuiApp) -> LogLines:
    return app.screen.query_one(LogLines)

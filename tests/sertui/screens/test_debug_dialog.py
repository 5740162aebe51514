"""The dialog that sets the debug level for some time."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from ser_core.fifo.protocol import Reply
from tests.support.sertui_feed import NOW, RecordedFeed, snapshot, text_of


def set_level(level: str, seconds: str = "") -> Reply:
    timer = f"until\t{NOW + int(seconds):.0f}\nback_to\t3\n" if seconds else ""
    return Reply(body=f"name\tvalue\nlevel\t{level}\n{timer}".encode())


def asked(feed: RecordedFeed) -> list[Any]:
    return [words for command, words in feed.requests if command == "debug"]


async def opened(pilot: Pilot[Any], feed: RecordedFeed, **changes: Any) -> None:
    await feed.play(pilot, snapshot(**changes))
    await pilot.press("5", "d")
    await pilot.pause()


async def test_it_tells_the_level_and_what_is_left_of_its_time() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        await opened(pilot, feed, debug_level=4, debug_until=NOW + 90, debug_back_to=2)
        assert "Level 4 now, 2 in" in text_of(pilot.app)


async def test_a_level_is_set_for_ten_minutes_unless_told_otherwise() -> None:
    feed = RecordedFeed({"debug": set_level})
    async with feed.app().run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot, feed)
        await pilot.press("6")
        await pilot.pause()
        assert "Enter: level 6 for 10 minutes" in text_of(pilot.app)
        await pilot.press("enter")
        await pilot.pause()
        assert asked(feed) == [("6", "600")]
        assert "Debug level 6 for 10:00 min, then 3" in text_of(pilot.app)
        assert "debug 6" in text_of(pilot.app)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("4", "tab", "up", "enter"), ("4", "60")),
        (("down", "tab", "end", "enter"), ("4",)),
        (("0", "tab", "down", "enter"), ("0", "3600")),
    ],
)
async def test_level_and_time_are_chosen_by_keys(
    keys: tuple[str, ...], words: tuple[str, ...]
) -> None:
    feed = RecordedFeed({"debug": set_level})
    async with feed.app().run_test(size=(80, 24)) as pilot:
        await opened(pilot, feed)
        await pilot.press(*keys)
        await pilot.pause()
        assert asked(feed) == [words]


async def test_escape_changes_nothing() -> None:
    feed = RecordedFeed({"debug": set_level})
    async with feed.app().run_test(size=(80, 24)) as pilot:
        await opened(pilot, feed)
        await pilot.press("7", "escape")
        await pilot.pause()
        assert asked(feed) == []
        assert "Debug level" not in text_of(pilot.app)


async def test_the_function_key_opens_it_from_the_overview() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, snapshot(debug_level=None))
        await pilot.press("f9")
        await pilot.pause()
        assert "The level isn't known yet." in text_of(pilot.app)

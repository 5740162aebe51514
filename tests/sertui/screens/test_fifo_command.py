from __future__ import annotations

import pytest

from ser_core.fifo.protocol import Reply
from sertui.feed import Answer
from sertui.fifo_commands import FifoCommand
from sertui.screens.fifo_command import LINES, FifoCommandScreen, about, shown
from tests.support.sertui_feed import RecordedFeed, snapshot, text_of

UPTIME = FifoCommand("uptime", "", False, "The time.")
REMOVE = FifoCommand("ul_rm", "table aor", True, "Remove a user.")
ANSWER = Reply(200, "ok", b"Now: then\n")


async def test_what_needs_nothing_runs_at_once() -> None:
    feed = RecordedFeed({"uptime": ANSWER})
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, snapshot())
        await app.push_screen(FifoCommandScreen(UPTIME))
        await pilot.pause()
        assert "200 ok  (12 ms)" in text_of(app)
        assert "Now: then" in text_of(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, FifoCommandScreen)


@pytest.mark.parametrize("key", ["f5", "ctrl+r"])
async def test_what_changes_something_waits_for_a_key(key: str) -> None:
    feed = RecordedFeed({"ul_rm": lambda table, aor: Reply(404, f"no {aor} in {table}")})
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(FifoCommandScreen(REMOVE))
        await pilot.press(*"location", "enter", *"joe")
        assert feed.requests == []
        await pilot.press(key)
        await pilot.pause()
        assert feed.requests == [("ul_rm", ("location", "joe"))]
        assert "404 no joe in location" in text_of(app)


async def test_the_keys_of_the_app_are_typed_into_the_field() -> None:
    app = RecordedFeed().app()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(FifoCommandScreen(REMOVE))
        await pilot.press(*"1q")
        assert isinstance(app.screen, FifoCommandScreen)
        assert "1q" in text_of(app)


def test_a_problem_is_told_in_words() -> None:
    assert shown(Answer(None, "no answer within 60 s")) == "no answer within 60 s"


def test_a_reply_keeps_its_lines_and_nothing_else_that_a_terminal_obeys() -> None:
    reply = Reply(200, "ok", b"a\tb\n\x1b[2J[bold]\n")
    assert shown(Answer(reply, "", 0.5)) == "200 ok  (500 ms)\n\na\tb\n\\x1b[2J[bold]\n"


def test_a_long_reply_ends_somewhere() -> None:
    reply = Reply(200, "ok", b"x\n" * (LINES + 10))
    assert shown(Answer(reply)).endswith("\n… and 11 lines more")


def test_what_changes_something_says_so() -> None:
    assert "changes something" in about(REMOVE)
    assert "A line for each of: table aor" in about(REMOVE)
    assert about(UPTIME) == "The time."

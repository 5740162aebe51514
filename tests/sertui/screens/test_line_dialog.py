"""One line of the log, in full."""

from __future__ import annotations

from sertui.screens.line_dialog import text_of as text_of_line
from sertui.snapshot import LogLine
from tests.support.sertui_feed import NOW, RecordedFeed, snapshot, text_of

LINE = LogLine(7, NOW, "DBG9", "receiver", 812, "1@h", "OPTIONS sip:[b]x\r\nVia: \x1b[2J\r\n")


async def test_a_message_stands_there_line_for_line_and_is_copied() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, snapshot(log=(LINE,)))
        await pilot.press("5", "enter")
        await pilot.pause()
        shown = text_of(pilot.app)
        assert "│ OPTIONS sip:[b]x " in shown
        assert "│ Via: \\x1b[2J " in shown
        assert "receiver (812)" in shown
        await pilot.press("y", "escape")
        await pilot.pause()
        assert pilot.app.clipboard == "OPTIONS sip:[b]x\nVia: \\x1b[2J"
        assert "A line of the log" not in text_of(pilot.app)


def test_its_text_has_its_own_lines() -> None:
    assert text_of_line(LINE).split("\n") == ["OPTIONS sip:[b]x", "Via: \\x1b[2J"]

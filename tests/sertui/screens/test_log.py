"""The log screen, by its keys."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from sertui.app import SertuiApp
from sertui.screens.log import LogScreen
from sertui.snapshot import LogLine
from tests.support.sertui_feed import RecordedFeed, log_line, lost, snapshot, text_of

LEVELS = ("DBG4", "ERR", "WARN", "NOTICE", "INFO")
HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]x[/red]\r\n\u202egnp 🤖 \udcff" + "M" * 2000


def lines(first: int, last: int) -> tuple[LogLine, ...]:
    """Every second one belongs to one of two calls."""
    return tuple(
        log_line(
            number,
            LEVELS[number % len(LEVELS)],
            f"line {number} of the log",
            call_id=f"call-{number % 4}@192.0.2.9" if number % 2 else "",
            age=100 - number,
        )
        for number in range(first, last + 1)
    )


class Log:
    """The screen with 60 lines."""

    def __init__(self, pilot: Pilot[Any], feed: RecordedFeed) -> None:
        self.pilot = pilot
        self.feed = feed

    @property
    def app(self) -> SertuiApp:
        app = self.pilot.app
        assert isinstance(app, SertuiApp)
        return app

    @property
    def screen(self) -> LogScreen:
        screen = self.app.mode_screen
        assert isinstance(screen, LogScreen)
        return screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def come(self, first: int, last: int) -> None:
        await self.feed.play(self.pilot, snapshot(log=lines(first, last)))
        await self.pilot.pause()

    @property
    def text(self) -> str:
        return text_of(self.app)

    def numbers(self) -> list[int]:
        return [row.line.seq for row in self.screen.view.shown if row.line]

    @property
    def at(self) -> int:
        """The line with the cursor."""
        row = self.screen.lines.row
        assert row is not None
        assert row.line is not None
        return row.line.seq


async def opened(pilot: Pilot[Any], feed: RecordedFeed) -> Log:
    await feed.play(pilot, snapshot(log=lines(1, 60)))
    await pilot.press("5")
    await pilot.pause()
    return Log(pilot, feed)


async def test_lines_that_came_before_it_was_opened_are_there() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, snapshot(log=lines(1, 3)), snapshot(log=lines(4, 5)))
        log = Log(pilot, feed)
        await log.press("5")
        assert log.numbers() == [1, 2, 3, 4, 5]


async def test_it_follows_until_one_goes_up_and_again_at_the_end() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.come(61, 80)
        assert "line 80 of" in log.text
        assert "following" in log.text
        await log.press("up", "up")
        await log.come(81, 200)
        assert log.at == 78
        assert "line 78 of" in log.text
        assert "line 200 of" not in log.text
        assert "not following" in log.text
        await log.press("f")
        assert (log.at, "line 200 of" in log.text) == (200, True)
        await log.press("home")
        assert (log.at, "line 1 of" in log.text) == (1, True)
        await log.press("end")
        assert (log.at, "▼ following" in log.text) == (200, True)


async def test_pages_are_as_long_as_what_is_seen() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        height = log.screen.lines.size.height
        await log.press("pageup")
        assert log.at == 60 - height + 1
        await log.press("pagedown")
        assert log.at == 60


async def test_paused_it_stands_still_and_counts() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.press("space")
        await log.come(61, 72)
        assert "paused, 12 new" in log.text
        assert "line 61 of" not in log.text
        await log.press("space")
        assert "line 72 of" in log.text


async def test_levels_are_filtered_by_keys() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.press("l", "l", "l", "l", "l", "l", "l", "l")
        assert "up to WARN" in log.text
        assert {number % 5 for number in log.numbers()} == {1, 2}
        await log.press("L")
        assert "up to NOTICE" in log.text


async def test_a_text_filters_as_one_types() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.press("slash", *"LINE 5")
        assert log.numbers() == [5, *range(50, 60)]
        assert "11 of 60 lines" in log.text
        await log.press("enter")
        assert log.app.focused is log.screen.lines
        await log.press("slash", "escape")
        assert len(log.numbers()) == 60
        assert log.app.focused is log.screen.lines


async def test_one_key_shows_the_call_of_a_line() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.press("up", "c")
        assert {number % 4 for number in log.numbers()} == {3}
        await log.press("c")
        assert len(log.numbers()) == 60


async def test_a_call_id_can_be_typed() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.press("i", *"call-1", "enter")
        assert {number % 4 for number in log.numbers()} == {1}
        await log.press("a")
        assert len(log.numbers()) == 60


async def test_a_line_without_a_call_says_so() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24), notifications=True) as pilot:
        log = await opened(pilot, feed)
        await log.press("c")
        assert "belongs to no call" in log.text


async def test_a_search_goes_from_line_to_line() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.press("s", *"Line 4", "enter")
        assert log.at == 49
        await log.press("N")
        assert log.at == 48
        await log.press("n", "n")
        assert log.at == 4


async def test_a_search_without_a_hit_says_so() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24), notifications=True) as pilot:
        log = await opened(pilot, feed)
        await log.press("n", *"nowhere", "enter")
        assert "No line that is shown has it" in log.text
        assert log.at == 60


async def test_lines_are_copied_one_or_all() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.press("up", "y")
        assert log.app.clipboard == (
            "2027-01-15 07:59:19.000 INFO   receiver 0(4103): line 59 of the log [call-3@192.0.2.9]"
        )
        await log.press("slash", *"line 1", "enter", "Y")
        assert log.app.clipboard.count("\n") == 11


async def test_a_filter_that_nothing_passes_is_explained() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.press("slash", *"nowhere", "enter")
        assert "No line of the log passes the filter" in log.text
        await log.press("up", "down", "enter", "y", "Y", "c", "n", "escape", "pageup", "end")


async def test_an_empty_log_bears_every_key() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, snapshot())
        log = Log(pilot, feed)
        await log.press("5", "up", "down", "enter", "y", "Y", "c", "f", "space", "home", "l", "o")
        assert "0 lines" in log.text


async def test_what_is_missing_is_said() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(100, 24)) as pilot:
        log = await opened(pilot, feed)
        await log.come(1061, 1062)
        assert "1,000 lines were left out: more came than could be read" in log.text
        await log.come(1, 2)
        assert "ser was started anew: its log begins again" in log.text


async def test_a_lost_ser_is_said_between_the_lines_and_all_keys_work() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(100, 24)) as pilot:
        log = await opened(pilot, feed)
        await feed.play(pilot, lost("nobody [reads] it"), lost("nobody [reads] it"))
        await log.press("up", "f")
        assert log.text.count("ser is out of reach: nobody [reads] it") == 1
        await log.come(61, 62)
        assert "ser is there again" in log.text


async def test_hostile_lines_change_nothing_but_the_text() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(120, 24)) as pilot:
        log = await opened(pilot, feed)
        line = LogLine(61, 1e300, HOSTILE, HOSTILE, -1, HOSTILE, HOSTILE)
        await feed.play(pilot, snapshot(log=(line,)), lost(HOSTILE))
        await log.press("up", "right", "left", "enter", "escape", "y", "c", "s", "x", "enter")
        assert all(row.isprintable() for row in log.text.split("\n"))
        assert "\\x1b[2J" in log.text


async def test_ten_thousand_lines_are_no_more_work_than_what_is_seen() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(120, 40)) as pilot:
        log = await opened(pilot, feed)
        drawn: list[int] = []
        widget = log.screen.lines
        draw = widget.render_line

        def counted(y: int) -> Any:
            drawn.append(y)
            return draw(y)

        widget.render_line = counted  # type: ignore[method-assign]  # counts what is drawn
        await log.come(61, 12_000)
        assert len(log.numbers()) == 10_000
        await log.press("home", "end", "pageup")
        assert len(drawn) < 20 * widget.size.height


async def test_commands_of_the_fifo_are_hidden_until_asked_for() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(100, 24)) as pilot:
        log = await opened(pilot, feed)
        asked = LogLine(61, 1.0, "DBG4", "fifo server", 4101, "", "command log_tail")
        await feed.play(pilot, snapshot(log=(asked,)))
        assert "command log_tail" not in log.text
        assert "without FIFO commands" in log.text
        await log.press("o")
        assert "command log_tail" in log.text
        assert "without FIFO commands" not in log.text


async def test_a_click_takes_the_cursor_and_the_wheel_stops_following() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(80, 24)) as pilot:
        log = await opened(pilot, feed)
        top = round(log.screen.lines.scroll_y)
        await pilot.click("LogLines", offset=(10, 2))
        assert log.at == top + 3
        await log.press("f")
        log.screen.lines.post_message(_wheel(log))
        await pilot.pause()
        assert "not following" in log.text


def _wheel(log: Log) -> Any:
    from textual.events import MouseScrollUp

    return MouseScrollUp(log.screen.lines, 5, 5, 0, 0, 0, False, False, False)

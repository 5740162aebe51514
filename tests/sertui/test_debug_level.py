"""What ser is asked, and how its answer is said."""

from __future__ import annotations

import pytest

from ser_core.fifo.protocol import Reply
from sertui.debug_level import arguments, changed, said, seconds_left, span, stepped
from sertui.feed import Answer
from tests.support.sertui_feed import NOW, RecordedFeed, lost, snapshot, text_of


def debug_reply(level: str, seconds: str = "") -> Reply:
    """As ser answers `debug`."""
    timer = f"until\t{NOW + int(seconds):.0f}\nback_to\t3\n" if seconds else ""
    return Reply(body=f"name\tvalue\nlevel\t{level}\n{timer}".encode())


def test_a_step_is_one_level() -> None:
    assert stepped(snapshot(debug_level=3), 1) == ("4",)
    assert stepped(snapshot(debug_level=3), -1) == ("2",)


def test_there_is_no_step_beyond_the_ends() -> None:
    assert stepped(snapshot(debug_level=9), 1) == ()
    assert stepped(snapshot(debug_level=0), -1) == ()
    assert stepped(snapshot(debug_level=None), 1) == ()


def test_a_time_that_runs_goes_on_with_a_step() -> None:
    running = snapshot(debug_level=4, debug_until=NOW + 90.4, debug_back_to=2)
    assert stepped(running, 1) == ("5", "90")
    assert seconds_left(running, NOW + 100) == 1


def test_zero_seconds_mean_for_good() -> None:
    assert arguments(4, 0) == ("4",)
    assert arguments(4, 60) == ("4", "60")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3.0, "0 s"), (59.4, "59 s"), (60, "1:00 min"), (605, "10:05 min"), (3660, "1:01 h")],
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_the_answer_is_said_in_a_sentence() -> None:
    assert said({"level": "4"}, NOW) == "Debug level 4"
    timed = {"level": "4", "until": f"{NOW + 600}", "back_to": "2"}
    assert said(timed, NOW) == "Debug level 4 for 10:00 min, then 2"


def test_the_snapshot_has_the_new_level_and_no_line_twice() -> None:
    after = changed(snapshot(), {"level": "5", "until": "1800000600", "back_to": "3"})
    assert (after.debug_level, after.debug_until, after.debug_back_to) == (5, NOW + 600, 3)
    assert after.log == ()


@pytest.mark.parametrize("mode", "12345")
async def test_plus_and_minus_work_on_every_screen(mode: str) -> None:
    feed = RecordedFeed({"debug": debug_reply})
    async with feed.app().run_test(size=(100, 24), notifications=True) as pilot:
        await feed.play(pilot, snapshot(debug_level=3))
        await pilot.press(mode)
        if mode == "3":  # there the cursor is in the request's text
            pilot.app.screen.set_focus(None)
        await pilot.press("plus", "plus", "minus")
        await pilot.pause()
        asked = [words for command, words in feed.requests if command == "debug"]
        assert asked == [("4",), ("5",), ("4",)]
        assert "debug 4" in text_of(pilot.app)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply(403, "not [bold]you"), "403 not [bold]you"),
        (Answer(None, "nobody reads the FIFO"), "nobody reads the FIFO"),
        (Reply(body=b"rubbish"), "a table needs"),
    ],
)
async def test_a_level_that_could_not_be_set_is_said(answer: Reply | Answer, words: str) -> None:
    feed = RecordedFeed({"debug": answer})
    async with feed.app().run_test(size=(100, 24), notifications=True) as pilot:
        await feed.play(pilot, snapshot(debug_level=3))
        await pilot.press("plus")
        await pilot.pause()
        assert "The debug level stays" in text_of(pilot.app)
        assert words in text_of(pilot.app)
        assert "debug 3" in text_of(pilot.app)


async def test_a_level_that_is_not_known_is_not_changed() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(100, 24), notifications=True) as pilot:
        await feed.play(pilot, lost(debug_level=None))
        await pilot.press("plus")
        await pilot.pause()
        assert "isn't known yet" in text_of(pilot.app)
        assert feed.requests == []


async def test_the_highest_level_is_the_highest() -> None:
    feed = RecordedFeed()
    async with feed.app().run_test(size=(100, 24), notifications=True) as pilot:
        await feed.play(pilot, snapshot(debug_level=9))
        await pilot.press("plus")
        await pilot.pause()
        assert "there is none beyond" in text_of(pilot.app)

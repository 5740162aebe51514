from __future__ import annotations

from ser_core.fifo.protocol import Reply
from sertui.app import SCREENS
from sertui.screens.base import ModeScreen
from sertui.widgets.mode_bar import LABELS
from tests.support.sertui_feed import RecordedFeed, lost, snapshot, text_of


async def test_the_state_stands_in_the_first_line_of_each_screen() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(100, 30)) as pilot:
        for key in "12345":
            await pilot.press(key)
            await feed.play(pilot, snapshot(registrations=int(key)))
            first = text_of(app).split("\n")[0]
            assert "udp-192.0.2.1-5060  ● up 3 d 3 h" in first
            assert f"{key} registered" in first
            assert first.endswith("msg/s  debug 3")


async def test_a_loss_is_said_on_each_screen() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await feed.play(pilot, snapshot(), lost("ser has ended"))
        for key in "12345":
            await pilot.press(key)
            assert "▲ ser has ended. Asking again every second." in text_of(app)


async def test_a_screen_that_comes_back_shows_what_happened_meanwhile() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(100, 30)) as pilot:
        await feed.play(pilot, snapshot())
        await pilot.press("5")
        await feed.play(pilot, snapshot(registrations=99))
        await pilot.press("1")
        assert "99 registered" in text_of(app)


async def test_a_screen_asks_and_waits_for_the_answer() -> None:
    feed = RecordedFeed({"uptime": Reply(200, "ok", b"Now: x\n")})
    app = feed.app()
    async with app.run_test() as pilot:
        screen = app.mode_screen
        assert isinstance(screen, ModeScreen)
        answer = await screen.ask("uptime")
        assert answer.reply == Reply(200, "ok", b"Now: x\n")
        await pilot.pause()
    assert feed.requests == [("uptime", ())]


def test_the_bar_names_all_modes_in_their_order() -> None:
    assert [mode for mode, _ in LABELS] == list(SCREENS)

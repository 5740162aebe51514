from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from textual.theme import BUILTIN_THEMES

from ser_core.fifo.protocol import Reply
from sertui.app import MASKED, SCREENS
from sertui.feed import Answer
from sertui.messages import SnapshotTaken
from sertui.ping_list import Entry, PingList, PingListFile
from tests.sertui.test_delivery import INVITE
from tests.support.sertui_feed import RecordedFeed, log_line, lost, snapshot
from tests.support.until import until


@pytest.mark.parametrize(("key", "mode"), list(zip("12345", SCREENS, strict=True)))
async def test_a_digit_chooses_the_mode(key: str, mode: str) -> None:
    app = RecordedFeed().app()
    async with app.run_test() as pilot:
        await pilot.press(key)
        assert app.current_mode == mode


async def test_q_quits_without_a_question_and_the_feed_stops() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test() as pilot:
        assert (feed.started, feed.stopped) == (True, False)
        await pilot.press("q")
    assert feed.stopped
    assert app.return_code == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_a_terminal_that_is_closed_ends_it_as_q_does(number: int) -> None:
    feed = RecordedFeed()
    app = feed.app()
    ends: list[int] = []
    app.last_resort = lambda: ends.append(number)
    async with app.run_test() as pilot:
        os.kill(os.getpid(), number)
        await until(pilot, lambda: app.return_code == 0)
    assert ends == [number]
    assert feed.stopped
    assert signal.getsignal(number) is signal.SIG_DFL


async def test_who_quits_while_a_phone_rings_has_it_stop_ringing_first() -> None:
    feed = RecordedFeed()
    feed.holds = True
    app = feed.app()
    async with app.run_test() as pilot:
        call = asyncio.create_task(app.calls.deliver(INVITE))
        await pilot.press("q")
        await until(pilot, lambda: feed.requests[-1] == ("t_uac_cancel", ("x@y", "1 INVITE")))
        assert app.return_code is None
        for let_out in feed.waiting:
            let_out()
        await call
        await until(pilot, lambda: app.return_code == 0)


async def test_who_quits_twice_leaves_at_once() -> None:
    feed = RecordedFeed()
    feed.holds = True
    app = feed.app()
    async with app.run_test() as pilot:
        call = asyncio.create_task(app.calls.deliver(INVITE))
        await pilot.press("q", "q")
        await until(pilot, lambda: app.return_code == 0)
        call.cancel()


async def test_who_was_pinged_is_pinged_again_once_it_is_known_which_ser_this_is(
    tmp_path: Path,
) -> None:
    instance = snapshot().instance
    PingListFile(tmp_path, instance).save(PingList(5.0, (Entry("sip:joe@192.0.2.9"),)))
    feed = RecordedFeed({"t_uac_dlg": Reply(500, "no")})
    app = feed.app()
    app.state = tmp_path
    async with app.run_test() as pilot:
        await feed.play(pilot, lost())
        await pilot.press("4")  # makes the pinger before its list is known
        assert len(app.pinger.board) == 0
        await feed.play(pilot, snapshot(), snapshot())
        assert [target.uri for target in app.pinger.board] == ["sip:joe@192.0.2.9"]
        await pilot.press("i")
    kept = PingListFile(tmp_path, instance).load()
    assert kept is not None
    assert kept.interval == 10


async def test_a_change_of_screen_is_held_back_for_less_than_a_key_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delays: list[float] = []
    monkeypatch.setattr("textual.app.App.delay_update", lambda _, delay: delays.append(delay))
    app = RecordedFeed().app()
    async with app.run_test() as pilot:
        await pilot.press("2", "5")
        app.delay_update(0.001)
    assert len(delays) > 2
    assert max(delays) == MASKED
    assert min(delays) == 0.001


async def test_what_outlives_a_screen_is_kept() -> None:
    feed = RecordedFeed()
    app = feed.app()
    lines = (log_line(1, "WARN", "a"), log_line(2, "NOTICE", "b"))
    async with app.run_test() as pilot:
        await feed.play(pilot, snapshot(log=lines), snapshot(log=(log_line(3, "ERR", "c"),)))
        assert [line.text for line in app.log_lines] == ["a", "b", "c"]
        assert [line.text for line in app.troubles] == ["a", "c"]
        assert app.snapshot.connected


async def test_an_answer_is_taken_in_the_app() -> None:
    feed = RecordedFeed({"ul_rm": lambda table, aor: Reply(404, f"no {aor} in {table}")})
    app = feed.app()
    answers: list[Answer] = []
    async with app.run_test() as pilot:
        app.request("ul_rm", "location", "joe", take=answers.append)
        await pilot.pause()
    assert [answer.words for answer in answers] == ["404 no joe in location"]


async def test_many_wait_for_their_answers_at_once() -> None:
    feed = RecordedFeed({"print": lambda text: Reply(200, text)})
    feed.holds = True
    app = feed.app()
    async with app.run_test() as pilot:
        tasks = [asyncio.create_task(app.ask("print", text)) for text in "abc"]
        await pilot.pause()
        for let_out in reversed(feed.waiting):
            let_out()
        assert [answer.words for answer in await asyncio.gather(*tasks)] == [
            "200 a",
            "200 b",
            "200 c",
        ]


async def test_an_answer_that_nobody_waits_for_any_more_does_no_harm() -> None:
    feed = RecordedFeed()
    feed.holds = True
    app = feed.app()
    async with app.run_test() as pilot:
        task = asyncio.create_task(app.ask("uptime"))
        await pilot.pause()
        task.cancel()
        await pilot.pause()
        feed.waiting[0]()
        await pilot.pause()
        assert app.is_running


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark", "gruvbox"])
async def test_themes_can_be_chosen(theme: str) -> None:
    assert theme in BUILTIN_THEMES
    feed = RecordedFeed()
    app = feed.app(theme)
    async with app.run_test() as pilot:
        await feed.play(pilot, snapshot())
        assert app.theme == theme


async def test_without_colours_it_works_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test() as pilot:
        await feed.play(pilot, snapshot())
        segments = [
            segment
            for strip in app.screen._compositor.render_strips()
            for segment in strip.apply_filter(app._filters[0], app.background_colors[0])
        ]
        colors = [each.style.color for each in segments if each.style and each.style.color]
        greys = [color.triplet for color in colors if color.triplet]
        assert all(each.red == each.green == each.blue for each in greys)


async def test_a_snapshot_that_comes_at_the_very_end_does_no_harm() -> None:
    app = RecordedFeed().app()
    async with app.run_test():
        pass
    assert app.screen_stack == []
    app.on_snapshot_taken(SnapshotTaken(snapshot()))
    assert app.snapshot.connected

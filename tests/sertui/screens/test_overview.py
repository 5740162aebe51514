from __future__ import annotations

import pytest

from sertui.snapshot import Snapshot
from tests.support.sertui_feed import (
    NOW,
    RecordedFeed,
    log_line,
    lost,
    snapshot,
    text_of,
)

TROUBLES = (
    log_line(7, "WARN", "UDP socket: 12 datagrams dropped, its buffer was full", age=95),
    log_line(8, "NOTICE", "a phone has come", age=80),
    log_line(9, "ERR", "no route to sip:[2001:db8::1]:5060 [red]markup[/]", age=70),
)


def moments() -> list[Snapshot]:
    """Some seconds of traffic that comes and goes."""
    found = [snapshot(log=TROUBLES, rates={}, sequence=1)]
    for second in range(16):
        factor = 0.3 + abs((second % 12) - 6) / 8
        rates = {name: rate * factor for name, rate in snapshot().rates.items()}
        counters = {
            name: value + int(second * snapshot().rates.get(name, 0))
            for name, value in snapshot().counters.items()
        }
        found.append(
            snapshot(
                rates=rates, counters=counters, sequence=second + 2, registrations=217 - second % 3
            )
        )
    return found


async def test_a_lost_ser_is_said_plainly() -> None:
    feed = RecordedFeed()
    app = feed.app()
    last = moments()[-1]
    gone = lost(counters=last.counters, registrations=last.registrations, taken_at=NOW + 30)
    async with app.run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, *moments(), gone)
        assert app.screen.query_one("#middle").has_class("stale")
        assert app.screen.query_one("#middle").styles.opacity < 1
        assert "○ lost" in text_of(app)
        await feed.play(pilot, snapshot())
        assert "○ lost" not in text_of(app)
        assert app.screen.query_one("#middle").styles.opacity == 1


async def test_before_the_first_look_it_is_looking_for_ser() -> None:
    app = RecordedFeed().app()
    async with app.run_test(size=(80, 24)):
        assert "○ looking for ser" in text_of(app)


async def test_one_that_was_never_there_says_why() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        problem = "no permission for /run/ser of user ser; use sudo -u ser"
        await feed.play(pilot, Snapshot(problem=problem, sequence=1))
        assert problem in text_of(app)
        assert "All numbers" not in text_of(app)


async def test_it_fills_the_screen_and_names_what_it_has_room_for() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(200, 60)) as pilot:
        await feed.play(pilot, snapshot())
        for height in (60, 59, 48, 40, 24):
            await pilot.resize_terminal(120, height)
            await pilot.pause()
            last = app.screen.query_one("#troubles").region
            assert last.y + last.height == height - 1
            assert ("Replies, requests" in text_of(app)) == (height > 24)


async def test_p_goes_round_the_plots() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, *moments()[:3])
        titles = []
        for _ in range(6):
            titles.append(str(app.screen.query_one("#plot").border_title).partition(",")[0])
            await pilot.press("p")
        assert titles == [
            "Messages/s",
            "Requests/s by method",
            "Replies/s by class",
            "Transactions/s",
            "REGISTER/s",
            "Messages/s",
        ]


async def test_z_counts_from_now_and_back() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, snapshot())
        assert "1.23M" in text_of(app)
        await pilot.press("z")
        assert "1.23M" not in text_of(app)
        assert "since z" in text_of(app)
        await pilot.press("z")
        assert "1.23M" in text_of(app)
        assert "since z" not in text_of(app)


async def test_an_empty_ser_shows_noughts_and_dashes() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await feed.play(
            pilot,
            snapshot(counters={}, rates={}, processes=(), config={}, registrations=None),
        )
        assert "requests          –/s" not in text_of(app)
        assert "✓ none so far" in text_of(app)


async def test_hostile_strings_change_nothing_but_the_text() -> None:
    hostile = "[bold red]x[/] \x1b[2J \x07 ☎️ 📞 " + "y" * 2000
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await feed.play(pilot, snapshot(log=TROUBLES))
        before = text_of(app).split("\n")
        config = {**snapshot().config, "path": hostile}
        shown = snapshot(log=(log_line(10, "ERR", hostile),), config=config)
        await feed.play(pilot, shown)
        seen = text_of(app)
        assert "[bold red]x[/] \\x1b[2J \\x07" in seen
        assert "\x1b" not in seen
        assert [line[:2] for line in seen.split("\n")] == [line[:2] for line in before]


@pytest.mark.parametrize("size", [(60, 18), (40, 12), (12, 4)], ids=str)
async def test_a_screen_that_is_too_small_is_cut_and_nothing_breaks(size: tuple[int, int]) -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=size) as pilot:
        await feed.play(pilot, *moments()[:3], lost(), snapshot())
        await pilot.press("p", "z", "question_mark", "escape")
        assert app.is_running

from __future__ import annotations

from sertui.snapshot import Snapshot
from sertui.widgets.lost_banner import LostBanner, words
from tests.support.sertui_feed import NOW, RecordedFeed, lost, snapshot


def test_it_says_what_is_wrong_and_how_old_the_numbers_are() -> None:
    shown = lost("nobody reads it", taken_at=NOW + 75)
    assert words(shown) == (
        "▲ nobody reads it. Asking again every second. All numbers are from 1 min 15 s ago."
    )


def test_without_numbers_it_has_nothing_to_say_of_them() -> None:
    assert words(Snapshot(problem="x\x1b")) == "▲ x\\x1b. Asking again every second."


async def test_it_takes_no_room_while_all_is_well() -> None:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test() as pilot:
        banner = app.screen.query_one(LostBanner)
        assert not banner.display
        await feed.play(pilot, snapshot(), lost())
        assert banner.display
        await feed.play(pilot, snapshot())
        assert not banner.display

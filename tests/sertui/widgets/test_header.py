from __future__ import annotations

import pytest

from sertui.snapshot import Snapshot
from tests.support.sertui_feed import NOW, RecordedFeed, lost, snapshot, text_of


async def first_line(shown: Snapshot, width: int = 100) -> str:
    feed = RecordedFeed()
    app = feed.app()
    async with app.run_test(size=(width, 24)) as pilot:
        await feed.play(pilot, shown)
        return text_of(app).split("\n")[0]


async def test_it_tells_instance_state_uptime_registrations_messages_and_level() -> None:
    assert (await first_line(snapshot())).split("  ") == [
        " udp-192.0.2.1-5060",
        *((await first_line(snapshot())).split("  ")[1:]),
    ]
    line = " ".join((await first_line(snapshot())).split())
    assert line == "udp-192.0.2.1-5060 ● up 3 d 3 h 217 registered 2,305 msg/s debug 3"


async def test_a_level_that_goes_back_tells_when() -> None:
    shown = snapshot(debug_level=6, debug_until=NOW + 600, debug_back_to=3)
    assert (await first_line(shown)).endswith("debug 6 → 3 in 10 min 0 s")


async def test_old_numbers_are_left_out_when_ser_is_lost() -> None:
    assert (await first_line(lost())).strip() == "udp-192.0.2.1-5060  ○ lost"


@pytest.mark.parametrize("width", [58, 66])
async def test_the_left_side_gives_way(width: int) -> None:
    line = await first_line(snapshot(), width)
    assert line.endswith("debug 3")
    assert "…" in line

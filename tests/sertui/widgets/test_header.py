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


@pytest.mark.parametrize(
    ("width", "left"),
    [(74, "udp-192.0.2.1-5060  ● up 3 d 3 h"), (66, "udp-192.0.2.1-5060  ● up"), (58, "…  ● up")],
)
async def test_the_left_side_gives_way_but_for_the_state(width: int, left: str) -> None:
    line = await first_line(snapshot(), width)
    assert left in line
    assert line.endswith("debug 3")
    assert "3 d" not in line.partition(left)[2]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (48, "…  ● up  217 registered   2,305 msg/s  debug 3"),
        (46, "udp-192.0.2.1…  ● up    2,305 msg/s  debug 3"),
        (26, "udp-192.…  ● up  debug 3"),
    ],
)
async def test_however_narrow_it_is_state_and_debug_level_stay(width: int, line: str) -> None:
    assert await first_line(snapshot(), width) == f" {line}"

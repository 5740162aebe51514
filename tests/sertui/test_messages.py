from __future__ import annotations

from sertui.messages import SnapshotTaken
from tests.support.sertui_feed import log_line, snapshot


def test_a_newer_snapshot_takes_the_place_of_one_that_waits() -> None:
    assert SnapshotTaken(snapshot()).can_replace(SnapshotTaken(snapshot()))


def test_no_line_of_the_log_is_lost_that_way() -> None:
    waiting = SnapshotTaken(snapshot(log=(log_line(1, "WARN", "x"),)))
    assert not waiting.can_replace(SnapshotTaken(snapshot()))

from __future__ import annotations

import pytest

from sertui.widgets.trouble_list import TroubleList, is_trouble
from tests.support.sertui_feed import log_line


@pytest.mark.parametrize(
    ("level", "is_one"),
    [("ALERT", True), ("ERR", True), ("WARN", True), ("NOTICE", False), ("LOG", False)],
)
def test_trouble_is_what_nobody_wants(level: str, is_one: bool) -> None:
    assert is_trouble(log_line(1, level, "x")) is is_one


def test_the_newest_stands_first_with_a_sign() -> None:
    found = TroubleList(id="troubles")
    lines = (log_line(1, "WARN", "old", age=60), log_line(2, "ERR", "new\x1b[2J"))
    found.show(lines, is_known=True)
    assert [line.plain for line in found.lines(80, 5)] == [
        "08:00:00 × ERR   receiver 0   new\\x1b[2J",
        "07:59:00 ! WARN  receiver 0   old",
    ]
    assert len(found.lines(80, 1)) == 1


def test_none_is_good_news() -> None:
    found = TroubleList(id="x")
    found.show((), is_known=True)
    assert [line.plain for line in found.lines(80, 5)] == ["✓ none so far"]


def test_nothing_is_said_before_ser_was_there() -> None:
    assert [line.plain for line in TroubleList(id="x").lines(80, 5)] == ["–"]

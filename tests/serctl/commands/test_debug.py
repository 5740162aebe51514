from __future__ import annotations

import json
import re

import pytest

from ser_core.fifo.tables import table_body
from tests.support.serctl_runs import NOW, FakeSer, serctl

LEVEL = b"200 ok\n" + table_body(("name", "value"), [("level", "2")])
TIMED = b"200 ok\n" + table_body(
    ("name", "value"), [("level", "4"), ("until", f"{NOW + 600:.0f}"), ("back_to", "2")]
)


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ((), ("debug",)),
        (("4",), ("debug", "4")),
        (("-1",), ("debug", "-1")),
        (("4", "--for", "10m"), ("debug", "4", "600")),
        (("--for", "90", "9"), ("debug", "9", "90")),
    ],
)
def test_what_ser_is_asked(words: tuple[str, ...], request_: tuple[str, ...]) -> None:
    ser = FakeSer(debug=LEVEL)
    run = serctl("debug", *words, ser=ser)
    assert (run.status, run.stdout) == (0, "level\t2\n")
    assert ser.requests == [request_]


def test_a_level_for_some_time_says_until_when() -> None:
    run = serctl("debug", "4", "--for", "10m", ser=FakeSer(debug=TIMED), terminal=True)
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["level", "until", "back"]
    assert "(in 10 min)" in run.stdout


def test_without_a_level_it_can_be_watched() -> None:
    ser = FakeSer(debug=[LEVEL, TIMED])
    run = serctl("debug", "--watch", ser=ser, naps=1)
    assert (run.status, run.slept) == (0, [2.0, 2.0])
    assert re.findall(r"^level\t(.)", run.stdout, re.M) == ["2", "4"]
    assert ser.requests == [("debug",)] * 2


def test_json() -> None:
    shown = json.loads(serctl("debug", "-F", "json", ser=FakeSer(debug=TIMED)).stdout)
    assert (shown["level"], shown["until_in"], shown["back_to"]) == (4, 600, 2)


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        (("--for", "10m"), "--for needs a LEVEL"),
        (("4", "--for", "soon"), "'soon' is not a duration"),
        (("4", "--for", "0"), "a second at least"),
        (("4", "--watch"), "--watch only looks"),
        (("high",), "'high' is not a valid integer"),
    ],
)
def test_what_makes_no_sense(words: tuple[str, ...], mistake: str) -> None:
    ser = FakeSer(debug=LEVEL)
    run = serctl("debug", *words, ser=ser)
    assert run.status == 2
    assert mistake in run.stderr
    assert not ser.requests


def test_a_level_that_ser_does_not_know() -> None:
    run = serctl("debug", "10", ser=FakeSer(debug="400 level is a number from 0 to 9\n"))
    assert (run.status, run.stderr) == (1, "serctl: ser says 400 level is a number from 0 to 9\n")

from __future__ import annotations

import json

import pytest

from ser_core.fifo.tables import table_body
from tests.support.serctl_runs import FakeSer, serctl

COLUMNS = ("kind", "name", "before", "after", "takes_effect")
ROWS = [
    ("directive", "children", "4", "8", "at a restart"),
    ("route", "route[1]", "there", "changed", "now"),
]
WARNING = ("warning", "ser.cfg:3:1", "", "route[7] is never run", "")
DONE = b"200 ok generation=2 changes=2 restart=1\n" + table_body(COLUMNS, ROWS)
NOTHING = b"200 ok changes=0 restart=0\n" + table_body(COLUMNS, [])
BAD = (
    b"400 1 error in ser.cfg, nothing has changed\n"
    b'ser.cfg:7:5: error: unknown function "t_realy", did you mean "t_relay"?\n'
    b"    7 |     t_realy();\n      |     ^~~~~~~\n"
)


def test_it_shows_what_has_changed_and_what_waits_for_a_restart() -> None:
    ser = FakeSer(reload=DONE)
    run = serctl("reload", ser=ser)
    assert (run.status, ser.requests) == (0, [("reload", "")])
    assert run.stdout.splitlines()[0] == "directive\tchildren\t4\t8\tat a restart"
    assert run.stderr == (
        "serctl: needs a restart: children 4 -> 8\n"
        "serctl: ser runs this ser.cfg now, but for that\n"
    )


def test_a_check_asks_for_nothing_else() -> None:
    ser = FakeSer(reload=NOTHING)
    run = serctl("reload", "--check", ser=ser)
    assert (run.status, ser.requests) == (0, [("reload", "check")])
    assert run.stdout == ""
    assert run.stderr == "serctl: ser.cfg is good, it is what ser runs already\n"


def test_warnings_are_no_differences() -> None:
    reply = b"200 ok changes=0 restart=0\n" + table_body(COLUMNS, [WARNING])
    run = serctl("reload", "--check", ser=FakeSer(reload=reply))
    assert "route[7] is never run" in run.stdout
    assert "what ser runs already" in run.stderr


def test_mistakes_are_shown_as_ser_shows_them() -> None:
    run = serctl("reload", ser=FakeSer(reload=BAD))
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr == (
        BAD.partition(b"\n")[2].decode() + "serctl: 1 error in ser.cfg, nothing has changed\n"
    )


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (b"409 another reload is under way, try again in a moment\n", "another reload"),
        (b"500 receiver 1: no database; nothing has changed\n", "nothing has changed"),
        (b"400 reload: nothing, or check expected\n", "check expected"),
    ],
)
def test_other_refusals(reply: bytes, sentence: str) -> None:
    run = serctl("reload", ser=FakeSer(reload=reply))
    assert run.status == 1
    assert sentence in run.stderr


def test_it_waits_longer_than_for_other_answers() -> None:
    ser = FakeSer(reload=DONE)
    serctl("--timeout", "1", "reload", ser=ser)
    serctl("--timeout", "99", "reload", ser=ser)
    assert ser.timeouts == [30.0, 99.0]


def test_json() -> None:
    rows = json.loads(serctl("reload", "-F", "json", ser=FakeSer(reload=DONE)).stdout)
    assert [row["takes_effect"] for row in rows] == ["at a restart", "now"]

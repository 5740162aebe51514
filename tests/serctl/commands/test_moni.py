from __future__ import annotations

import csv
import io
import json

import pytest

from ser_core.fifo.reach import CannotReach, Reach
from serctl.settings import Settings
from tests.support.serctl_runs import FakeSer, Run, Screen, serctl

GONE = CannotReach(Reach.STALE, "nobody reads it")
UPTIME = "Now: Tue Mar  1 10:00:00 2005\nUp Since: Tue Mar  1 09:00:00 2005\nUp time: 3600 [sec]\n"
T_STATS = (
    "Current: 1 (0 waiting) Total: 12 (1 local)       \n"
    "Replied localy: 9      \n"
    "Completion status 6xx: 0, 5xx: 0, 4xx: 3, 3xx: 0,2xx: 8      \n"
)
SL_STATS = "200: 5 202: 0 2xx: 0      \nfailures: 0      \n"
UL_STATS = "Domain Registered Expired\n'location' 3 1\n"


@pytest.fixture(autouse=True)
def size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")


def fake(**others: object) -> FakeSer:
    replies = {
        "version": "Server: Sip EXpress router (0.9.0 (i386/linux))\r\n",
        "uptime": UPTIME,
        "t_stats": T_STATS,
        "sl_stats": SL_STATS,
        "ul_stats": UL_STATS,
    }
    ser = FakeSer()
    ser.answers.update({name: f"200 ok\n{text}" for name, text in replies.items()})
    ser.answers.update(others)  # type: ignore[arg-type]  # answers too
    return ser


def pictures(run: Run) -> list[str]:
    return run.stdout.replace("\x1b[K", "").split("\x1b[H")[1:]


def test_on_a_terminal_it_goes_on_in_place_until_ctrl_c() -> None:
    run = serctl("moni", ser=fake(), terminal=True, naps=2)
    assert run.status == 0
    assert run.slept == [2.0, 2.0, 2.0]
    first, _, third = pictures(run)
    assert first.startswith("[cycle #: 1; if constant make sure server lives and fifo is on]\n")
    assert third.startswith("[cycle #: 3;")
    head = "\nServer: Sip EXpress router (0.9.0 (i386/linux))   Now: Tue Mar  1 10:00:00 2005\n"
    assert f"{head}Up time: 3600 [sec]   Up Since: Tue Mar  1 09:00:00 2005\n" in first
    assert "\nTransaction Statistics\n Current               1\n" in first
    assert first.endswith("\x1b[J")


def test_loops_end_it() -> None:
    run = serctl("moni", "3", ser=fake(), terminal=True, naps=9)
    assert len(pictures(run)) == 3
    assert run.slept == [2.0, 2.0]
    assert run.status == 0


@pytest.mark.parametrize("name", ["monitor", "console", "con"])
def test_sers_other_names(name: str) -> None:
    assert serctl(name, "1", ser=fake(), terminal=True).status == 0


def test_watch_period_is_the_pause() -> None:
    run = serctl(
        "moni", "2", ser=fake(), terminal=True, naps=9, settings=Settings(watch_period=0.5)
    )
    assert run.slept == [0.5]


def test_in_a_pipe_it_looks_once() -> None:
    run = serctl("moni", ser=fake())
    lines = run.stdout.splitlines()
    assert lines[0] == "Transaction Statistics\tCurrent\t1\t"
    assert lines[-1] == "UsrLoc Stats\tlocation expired\t1\t"
    assert run.slept == []


def test_json_and_csv() -> None:
    told = json.loads(serctl("-F", "json", "moni", ser=fake()).stdout)
    assert told[2] == {
        "section": "Transaction Statistics",
        "name": "Total",
        "value": 12,
        "per_second": None,
    }
    rows = list(csv.DictReader(io.StringIO(serctl("-F", "csv", "moni", ser=fake()).stdout)))
    assert rows[2]["name"] == "Total"


def test_raw_is_the_screen_of_sers_serctl() -> None:
    assert serctl("-F", "raw", "moni", ser=fake()).stdout == (
        "[cycle #: 1; if constant make sure server lives and fifo is on]\n"
        f"Server: Sip EXpress router (0.9.0 (i386/linux))\n{UPTIME}"
        f"\nTransaction Statistics\n{T_STATS}"
        f"\nStateless Server Statistics\n{SL_STATS}"
        f"\nUsrLoc Stats\n{UL_STATS}"
    )


def test_a_table_in_a_pipe_has_no_control_characters() -> None:
    run = serctl("-F", "table", "moni", ser=fake())
    assert "\x1b" not in run.stdout
    assert " Total                12\n" in run.stdout


def test_a_ser_that_isnt_there_at_first_is_an_error() -> None:
    run = serctl("moni", ser=fake(version=GONE), terminal=True)
    assert (run.status, run.stderr) == (3, "serctl: nobody reads it\n")


def test_a_ser_that_goes_is_told_and_found_again() -> None:
    ser = fake(uptime=[f"200 ok\n{UPTIME}", GONE, GONE, f"200 ok\n{UPTIME}"])
    run = serctl("moni", "4", ser=ser, terminal=True, naps=9)
    _, lost, still, again = pictures(run)
    assert lost.startswith("LOST since ")
    assert "; trying again\nnobody reads it\nServer: " in lost
    assert "\n Current               1 " in lost
    assert still.splitlines()[0] == lost.splitlines()[0]
    assert again.startswith("[cycle #: 4;")
    assert ser.closed >= 2


def test_in_a_pipe_a_ser_that_goes_is_a_note() -> None:
    run = serctl("moni", "2", ser=fake(uptime=[f"200 ok\n{UPTIME}", GONE]), naps=9)
    assert run.stderr == "serctl: nobody reads it\n"
    assert run.status == 0


def test_without_utf_8_the_sparkline_is_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Screen, "encoding", "ascii", raising=False)
    moving = [f"200 ok\n{T_STATS}", f"200 ok\n{T_STATS.replace('Current: 1', 'Current: 7')}"]
    run = serctl("moni", "2", ser=fake(t_stats=moving), terminal=True, naps=9)
    assert run.stdout.isascii()
    assert "_@" in run.stdout


def test_a_dry_run_prints_the_requests_of_one_look() -> None:
    run = serctl("moni", "--dry-run", "3", terminal=True)
    names = ["version", "uptime", "t_stats", "sl_stats", "ul_stats"]
    assert (run.status, run.slept) == (0, [])
    assert run.stdout == "".join(f":{name}:serctl\n\n" for name in names)

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path

import pytest

from ser_core.fifo.client import CannotReach, Reach
from ser_core.fifo.tables import table_body
from serctl.settings import Settings
from tests.support.serctl_runs import FakeSer, serctl

PS = "200 ok\n0\t812\tattendant\n1\t814\tfifo server\n"
UPTIME = "200 ok\nNow: Tue Mar  1 10:00:00 2005\nUp Since: …\nUp time: 95 [sec]\n"
VERSION = "200 ok\nServer: Sip EXpress router (0.9.0 (i386/linux))\r\n"


def table(*rows: tuple[str, ...]) -> bytes:
    return b"200 ok\n" + table_body(rows[0], rows[1:])


def test_instances_are_listed_with_their_fifos(tmp_path: Path) -> None:
    settings = Settings(run_dir=str(tmp_path))
    none = serctl("instances", settings=settings)
    assert (none.status, none.stdout, none.stderr) == (0, "", "serctl: no ser runs here\n")
    (tmp_path / "udp-192.0.2.1-5060").mkdir()
    fifo = tmp_path / "udp-192.0.2.1-5060" / "ser_fifo"
    os.mkfifo(fifo)
    run = serctl("instances", "-F", "lines", settings=settings)
    assert (run.status, run.stdout) == (0, f"udp-192.0.2.1-5060\t{fifo}\n")


def test_ps_piped_is_what_ser_says() -> None:
    run = serctl("ps", ser=FakeSer(ps=PS))
    assert (run.status, run.stdout, run.stderr) == (
        0,
        "0\t812\tattendant\n1\t814\tfifo server\n",
        "",
    )


def test_ps_on_a_terminal_is_a_table() -> None:
    run = serctl("ps", ser=FakeSer(ps=PS), terminal=True)
    assert run.stdout == (
        "  index    pid  description\n"
        "-------  -----  -------------\n"
        "      0    812  attendant\n"
        "      1    814  fifo server\n"
    )


def test_ps_as_json() -> None:
    run = serctl("ps", "-F", "json", ser=FakeSer(ps=PS))
    assert json.loads(run.stdout)[1] == {"index": 1, "pid": 814, "description": "fifo server"}


@pytest.mark.parametrize("answer", ["200 ok\nx\n", "200 ok\na\tb\tc\n"])
def test_ps_that_cannot_be_read_is_told(answer: str) -> None:
    run = serctl("ps", ser=FakeSer(ps=answer))
    assert (run.status, run.stdout) == (1, "")
    assert "don't fit together" in run.stderr


def test_uptime() -> None:
    run = serctl("uptime", "-F", "json", ser=FakeSer(uptime=UPTIME))
    shown = json.loads(run.stdout)
    assert shown["up_time"] == 95
    assert shown["up_since_in"] == -95
    assert serctl("uptime", ser=FakeSer(uptime="200 ok\n")).status == 1


def test_uptime_on_a_terminal_is_absolute_and_relative() -> None:
    run = serctl("uptime", ser=FakeSer(uptime=UPTIME), terminal=True)
    assert "(2 min ago)" in run.stdout


def test_uptime_raw_is_sers_text() -> None:
    assert serctl("uptime", "-F", "raw", ser=FakeSer(uptime=UPTIME)).stdout == UPTIME


def test_version_tells_both() -> None:
    run = serctl("version", ser=FakeSer(version=VERSION))
    assert run.stdout == (
        f"serctl\t{version('ser')}\nser\tSip EXpress router (0.9.0 (i386/linux))\n"
    )


def test_version_without_ser_tells_its_own_and_fails() -> None:
    run = serctl("version", ser=FakeSer(version=CannotReach(Reach.STALE, "ser has gone")))
    assert (run.status, run.stdout) == (3, f"serctl\t{version('ser')}\n")
    assert run.stderr == "serctl: ser has gone\n"


CONFIG = table(
    ("name", "value"),
    ("path", "/etc/ser/ser.cfg"), ("hash", "12345678"), ("loaded", "1699999940"),
    ("pid", "812"), ("unix_sock", ""), ("listen", "udp:192.0.2.1:5060"),
    ("listen", "tcp:192.0.2.1:5060"),
)  # fmt: skip


def test_config() -> None:
    run = serctl("config", "-F", "json", ser=FakeSer(config=CONFIG))
    shown = json.loads(run.stdout)
    assert shown["listen"] == ["udp:192.0.2.1:5060", "tcp:192.0.2.1:5060"]
    assert (shown["pid"], shown["hash"], shown["loaded_in"]) == (812, "12345678", -60)


def test_config_on_a_terminal() -> None:
    lines = serctl("config", ser=FakeSer(config=CONFIG), terminal=True).stdout.splitlines()
    assert "(1 min ago)" in lines[2]
    assert lines[-1] == "listen     udp:192.0.2.1:5060, tcp:192.0.2.1:5060"


STATS = table(
    ("name", "value", "help"),
    ("core.dropped", "7", "messages dropped"), ("tm.uas_2xx", "3", "answers"),
    ("tm.uac_2xx", "4", "answers"), ("tm.rate", "0.5", "per second"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ((), ["core.dropped", "tm.uas_2xx", "tm.uac_2xx", "tm.rate"]),
        (("tm.",), ["tm.uas_2xx", "tm.uac_2xx", "tm.rate"]),
        (("2xx",), ["tm.uas_2xx", "tm.uac_2xx"]),
        (("tm.*_2xx",), ["tm.uas_2xx", "tm.uac_2xx"]),
        (("tm.ua?_2xx",), ["tm.uas_2xx", "tm.uac_2xx"]),
    ],
)
def test_stats(pattern: tuple[str, ...], names: list[str]) -> None:
    run = serctl("stats", *pattern, ser=FakeSer(stats=STATS))
    assert run.status == 0
    assert [line.split("\t")[0] for line in run.stdout.splitlines()] == names


@pytest.mark.parametrize("pattern", ["ropped*", "nothing"])
def test_counters_that_there_are_not(pattern: str) -> None:
    run = serctl("stats", pattern, ser=FakeSer(stats=STATS))
    assert (run.status, run.stdout) == (5, "")
    assert run.stderr == f"serctl: no counter's name fits {pattern!r}\n"


def test_values_of_stats_are_numbers_in_json() -> None:
    shown = json.loads(serctl("stats", "-F", "json", ser=FakeSer(stats=STATS)).stdout)
    assert [row["value"] for row in shown] == [7, 3, 4, "0.5"]

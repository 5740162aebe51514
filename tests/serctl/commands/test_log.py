from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from ser_core.fifo.tables import table_body
from serctl.log_lines import COLUMNS
from tests.support.serctl_runs import FakeSer, serctl

LINES = [
    ("7", "1700000000.092", "NOTICE", "attendant", "812", "", "ready: 4 receivers"),
    ("8", "1700000001.000", "ERR", "receiver", "814", "a84b4c@host", "bad\x1b[2J\ttext"),
]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def tail(*, following: int = 8) -> bytes:
    return f"200 ok next={following} first=1\n".encode() + table_body(COLUMNS, LINES)


EMPTY = b"200 ok next=8 first=1\n" + table_body(COLUMNS, [])
CONFIG = b"200 ok\n" + table_body(("name", "value"), [("pid", "812")])


def test_on_a_terminal_it_looks_like_the_log() -> None:
    run = serctl("log", ser=FakeSer(log_tail=tail()), terminal=True)
    assert run.stdout == (
        "2023-11-14 22:13:20.092 NOTICE attendant(812): ready: 4 receivers\n"
        "2023-11-14 22:13:21.000 ERR    receiver(814): bad\\x1b[2J\\ttext [a84b4c@host]\n"
    )


def test_errors_are_red() -> None:
    ser = FakeSer(log_tail=tail())
    run = serctl("log", ser=ser, terminal=True, variables={})
    assert "\x1b[31mERR   \x1b[0m receiver" in run.stdout
    assert "NOTICE attendant" in run.stdout


def test_in_a_pipe_it_is_columns() -> None:
    run = serctl("log", ser=FakeSer(log_tail=tail()))
    assert run.stdout.splitlines()[1] == (
        "8\t2023-11-14T22:13:21.000+00:00\t1\tERR\treceiver\t814\ta84b4c@host\tbad\\x1b[2J\\ttext"
    )


def test_json_is_a_list_or_in_a_stream_an_object_in_each_line() -> None:
    shown = json.loads(serctl("log", "-F", "json", ser=FakeSer(log_tail=tail())).stdout)
    assert shown[1]["text"] == "bad\x1b[2J\ttext"
    assert (shown[0]["time"], shown[0]["time_in"]) == ("2023-11-14T22:13:20.092+00:00", 0)
    ser = FakeSer(log_tail=[tail(), EMPTY], config=CONFIG)
    stream = serctl("log", "-f", "-F", "json", ser=ser).stdout.splitlines()
    assert [json.loads(line)["seq"] for line in stream] == [7, 8]


def test_a_stream_of_csv_has_one_heading() -> None:
    ser = FakeSer(log_tail=[tail(), tail(following=9), EMPTY], config=CONFIG)
    run = serctl("log", "-f", "-F", "csv", ser=ser)
    assert [line.split(",")[0] for line in run.stdout.splitlines()] == ["seq", "7", "8", "7", "8"]


def test_a_stream_on_a_terminal() -> None:
    ser = FakeSer(log_tail=[tail(), EMPTY], config=CONFIG)
    run = serctl("log", "-f", ser=ser, terminal=True)
    assert (run.status, run.stdout.count("\n")) == (0, 2)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ((), ("-", "20")),
        (("-n", "5"), ("-", "5")),
        (("-l", "WARN"), ("-", "20", "WARN")),
        (("--call-id", "a84"), ("-", "10000")),
        (("-n", "0"), ("-", "1")),
    ],
)
def test_what_ser_is_asked(words: tuple[str, ...], asked: tuple[str, ...]) -> None:
    ser = FakeSer(log_tail=EMPTY)
    assert serctl("log", *words, ser=ser).status == 0
    assert ser.requests == [("log_tail", *asked)]


def test_lines_of_one_call() -> None:
    run = serctl("log", "--call-id", "a84b4c@", ser=FakeSer(log_tail=tail()))
    assert [line.split("\t")[0] for line in run.stdout.splitlines()] == ["8"]


def test_no_lines_at_all() -> None:
    assert serctl("log", "-n", "0", ser=FakeSer(log_tail=tail())).stdout == ""


def test_raw() -> None:
    run = serctl("log", "-F", "raw", ser=FakeSer(log_tail=tail()))
    assert run.stdout.encode() == tail()


def test_a_level_that_ser_does_not_know() -> None:
    ser = FakeSer(log_tail="400 level is a number from -3 to 9, or its name\n")
    run = serctl("log", "-l", "LOUD", ser=ser)
    assert (run.status, "or its name" in run.stderr) == (1, True)

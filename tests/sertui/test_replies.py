from __future__ import annotations

import pytest

from ser_core.fifo.protocol import Reply
from ser_core.fifo.tables import table_body
from sertui import replies
from sertui.fifo_commands import FifoCommand
from sertui.snapshot import LogLine, Process


def table(*lines: tuple[str, ...], text: str = "ok") -> Reply:
    return Reply(200, text, table_body(lines[0], lines[1:]))


def test_columns_are_found_by_their_names() -> None:
    reply = table(("help", "value", "name"), ("what", "7", "core.requests"))
    assert replies.counters(reply) == {"core.requests": 7}


def test_values_of_one_name_stand_together() -> None:
    reply = table(("name", "value"), ("listen", "udp:a"), ("pid", "1"), ("listen", "tcp:a"))
    assert replies.pairs(reply) == {"listen": "udp:a tcp:a", "pid": "1"}


def test_a_table_without_the_column_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="value"):
        replies.pairs(table(("name",), ("a",)))


def test_processes() -> None:
    reply = Reply(200, "ok", b"0\t812\tattendant\n1\t0\treceiver child=0 sock= a\tb\n")
    assert replies.processes(reply) == [
        Process(0, 812, "attendant"),
        Process(1, 0, "receiver child=0 sock= a\tb"),
    ]


def test_users_of_each_table() -> None:
    reply = Reply(200, "ok", b"Domain Registered Expired\n'aliases' 1 0\n'location' 217 3\n")
    assert replies.registered(reply) == {"aliases": 1, "location": 217}


def test_lines_of_the_log() -> None:
    columns = ("seq", "time", "level", "process", "pid", "call_id", "text")
    reply = table(columns, ("7", "12.5", "WARN", "receiver 0", "", "a@b", "x\ty"))
    assert list(replies.log_lines(reply)) == [
        LogLine(7, 12.5, "WARN", "receiver 0", 0, "a@b", "x\ty")
    ]


def test_numbers_of_the_status_line() -> None:
    assert replies.noted(Reply(200, "ok next=120 first=1"), "next") == 120
    with pytest.raises(ValueError, match="no next="):
        replies.noted(Reply(200, "ok"), "next")


def test_commands_by_name() -> None:
    columns = ("command", "arguments", "changes", "help")
    reply = table(columns, ("ul_rm", "table aor", "yes", "Remove."), ("ps", "", "no", "All."))
    assert list(replies.fifo_commands(reply)) == [
        FifoCommand("ps", "", False, "All."),
        FifoCommand("ul_rm", "table aor", True, "Remove."),
    ]

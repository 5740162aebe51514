"""The core's commands by themselves; tests/real/test_fifo_core.py asks a running ser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ser_core.fifo.about import About
from ser_core.fifo.command_table import CommandTable
from ser_core.fifo.commands import LONGEST_PRINT, CoreCommands
from ser_core.fifo.declarations import (
    Control,
    ProcessInfo,
    body,
    fifo_command,
    headers,
    line,
    rest,
)
from ser_core.fifo.protocol import FifoError, Reply
from ser_core.fifo.tables import read_table

ABOUT = About(
    started_at=1000.0,
    command_line=("ser", "-f", "a file"),
    run_dir="/run/ser/x",
    fifo="/run/ser/x/ser_fifo",
    unix_sock="",
    listen=("udp:192.0.2.1:5060", "tcp:192.0.2.1:5060"),
)


class FakeHost:
    about = ABOUT
    stopped = 0

    def generation(self) -> int:
        return 3

    def loaded_at(self) -> float:
        return 1005.0

    def counter_help(self) -> dict[str, str]:
        return {"core.requests": "requests received"}

    def aliases(self) -> list[str]:
        return ["example.com", "example.net:5070"]

    def stop(self) -> None:
        self.stopped += 1


class FakeProgram:
    path = "/etc/ser/some.cfg"
    source_hash = "abc"


class FakeControl:
    program = FakeProgram()

    def wall_time(self) -> float:
        return 1095.7

    def totals(self) -> dict[str, int]:
        return {"core.requests": 7, "core.responses": 5, "sl.200": 1}

    def processes(self) -> list[ProcessInfo]:
        return [ProcessInfo(0, 812, "attendant"), ProcessInfo(1, 0, "fifo server")]


class Others:
    @fifo_command(
        line("table", "", missing="table expected"),
        line("q", ""),
        headers("headers", "", missing="headers expected"),
        body("body", ""),
        rest("options", ""),
    )
    def everything(self, control: Control) -> Reply:
        """Takes all sorts of arguments.

        And more.
        """
        return Reply()


class World:
    def __init__(self) -> None:
        self.host = FakeHost()
        self.table = CommandTable()
        self.core = CoreCommands(self.host, self.table)
        self.table.register(Others())
        self.table.register(self.core)

    def run(self, name: str, *arguments: Any) -> Reply:
        entry = self.table.find(name)
        assert entry is not None
        reply = entry.function(FakeControl(), *arguments)
        assert isinstance(reply, Reply)
        return reply

    def rows(self, name: str, *words: bytes) -> list[list[str]]:
        return read_table(self.run(name, *([list(words)] if name != "config" else [])).body)[1]


@pytest.fixture
def world() -> World:
    return World()


def test_print_has_sers_limit(world: World) -> None:
    longest = b"\xff" * LONGEST_PRINT
    assert world.run("print", longest).body == longest + b"\n"
    with pytest.raises(FifoError, match="500 print_fifo_cmd: too big text"):
        world.run("print", longest + b"x")


def test_uptime_is_laid_out_as_in_ser(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.ctime", lambda when: f"<{when}>")
    assert world.run("uptime").to_bytes() == (
        b"200 ok\nNow: <1095.7>\nUp Since: <1000.0>\nUp time: 95 [sec]\n"
    )


def test_arg_has_a_word_in_each_line(world: World) -> None:
    assert world.run("arg").body == b"ser\n-f\na file\n"


def test_pwd_tells_when_the_directory_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert world.run("pwd").body == os.fsencode(tmp_path) + b"\n"

    def gone() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "getcwd", gone)
    with pytest.raises(FifoError, match="500 getcwd failed"):
        world.run("pwd")


def test_which_begins_with_the_command_registered_last(world: World) -> None:
    names = world.run("which").body.split()
    assert names[-9:] == b"kill ps which arg pwd version uptime print everything".split()


def test_ps_is_laid_out_as_in_ser(world: World) -> None:
    assert world.run("ps").body == b"0\t812\tattendant\n1\t0\tfifo server\n"


def test_kill_answers_and_has_ser_stopped(world: World) -> None:
    assert world.run("kill") == Reply(200, "killing now...")
    assert world.host.stopped == 1


def test_help_is_brief_for_all_commands_and_whole_for_those_that_are_named(world: World) -> None:
    assert world.rows("help", b"EVERYTHING") == [
        [
            "everything",
            "table [q] headers... [body...] [options...]",
            "no",
            "Takes all sorts of arguments.\nAnd more.",
            "table (one line): \nq (one line, may be empty): \n"
            "headers (lines, up to an empty one or a dot): \nbody (lines, up to a dot): \n"
            "options (lines, as many as there are): ",
        ]
    ]
    assert [row[0] for row in world.rows("help", b"kill", b"ps")] == ["kill", "ps"]
    brief = {row[0]: row[1:] for row in world.rows("help")}
    assert len(brief) == len(list(world.table))
    assert brief["everything"][2:] == ["Takes all sorts of arguments."]
    with pytest.raises(FifoError, match="404 there is no command weather"):
        world.run("help", [b"weather"])


def test_stats_has_the_counters_that_begin_with_a_prefix(world: World) -> None:
    assert world.rows("stats", b"core.req") == [["core.requests", "7", "requests received"]]
    assert [row[0] for row in world.rows("stats", b"core", b"sl")] == [
        "core.requests",
        "core.responses",
        "sl.200",
    ]
    assert len(world.rows("stats")) == 3


def test_config_is_a_table_of_names_and_values(world: World) -> None:
    rows = world.rows("config")
    values = dict(rows)
    assert values["path"] == "/etc/ser/some.cfg"
    assert (values["hash"], values["loaded"], values["generation"]) == ("abc", "1005", "3")
    assert (values["pid"], values["uptime"], values["unix_sock"]) == ("812", "96", "")
    assert [value for name, value in rows if name == "listen"] == list(ABOUT.listen)
    assert [x for name, x in rows if name == "alias"] == ["example.com", "example.net:5070"]
    assert values["debug"].isdigit()


def test_each_command_has_a_sentence_for_its_help(world: World) -> None:
    assert all(command.doc.partition("\n")[0].endswith(".") for command in world.table)

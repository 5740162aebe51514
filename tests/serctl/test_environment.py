from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from unittest.mock import Mock

import click
import pytest

from ser_core.fifo.client import FifoClient, HeaderLines, UnixClient
from serctl import environment as environment_module
from serctl.environment import Environment
from serctl.exit_status import Failure, Refused
from serctl.output import Format
from serctl.settings import Settings
from tests.support.serctl_runs import FakeSer, Screen


def environment(
    *, terminal: bool = False, stdin: str = "", asked: bool = False, ser: FakeSer | None = None
) -> Environment:
    return Environment(
        Screen(stdin) if asked else io.StringIO(stdin),
        Screen() if terminal else io.StringIO(),
        io.StringIO(),
        connect=lambda _: ser or FakeSer(),
    )


def written(stream: object) -> str:
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def test_a_terminal_gets_tables_and_a_pipe_lines() -> None:
    assert environment(terminal=True).format is Format.TABLE
    assert environment().format is Format.LINES
    chosen = environment(terminal=True)
    chosen.settings = Settings(format="json")
    assert chosen.format is Format.JSON


def test_only_a_terminal_limits_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.setenv("LINES", "20")
    screen = environment(terminal=True)
    assert (screen.width, screen.height) == (72, 20)
    screen.wide = True
    assert screen.width is None
    assert environment().width is None


@pytest.mark.parametrize(
    ("terminal", "color", "variables", "painted"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (True, "auto", {"TERM": "dumb"}, False),
        (False, "always", {"NO_COLOR": "1"}, True),
        (True, "never", {}, False),
    ],
)
def test_colours(terminal: bool, color: str, variables: dict[str, str], painted: bool) -> None:
    screen = environment(terminal=terminal)
    screen.settings = Settings(color=color)
    screen.variables = variables
    assert screen.painted("x", "red") == ("\x1b[31mx\x1b[0m" if painted else "x")
    assert screen.painted("x", "") == "x"


def test_asking_gives_the_reply() -> None:
    ser = FakeSer(print="200 ok\nhello\n")
    assert environment(ser=ser).ask("print", "hello").body == b"hello\n"
    assert ser.requests == [("print", "hello")]
    assert ser.timeouts == [5.0]


def test_a_reply_may_be_waited_for_longer() -> None:
    ser = FakeSer(print="200 ok\n")
    environment(ser=ser).ask("print", "hello", timeout=33)
    assert ser.timeouts == [33]


def test_a_reply_that_is_no_2xx_is_a_refusal() -> None:
    with pytest.raises(Refused, match="ser says 404 nobody; try harder"):
        environment(ser=FakeSer(print="404 nobody\n")).ask("print", hint="; try harder")


def test_request_leaves_it_to_the_caller_what_a_reply_means() -> None:
    assert environment(ser=FakeSer(print="404 nobody\n")).request("print").code == 404


def test_what_cannot_be_sent_is_a_usage_error() -> None:
    with pytest.raises(click.UsageError, match="can't have a newline"):
        environment().ask("ul_rm", "location", "joe\n\n:kill:x")


def test_a_dry_run_prints_the_request_and_ends() -> None:
    ser = FakeSer()
    dry = environment(ser=ser)
    dry.dry_run = True
    with pytest.raises(click.exceptions.Exit) as end:
        dry.ask("t_uac_dlg", "OPTIONS", HeaderLines(["To: x", "From: y"]))
    assert end.value.exit_code == 0
    assert written(dry.stdout) == ":t_uac_dlg:serctl\nOPTIONS\nTo: x\nFrom: y\n.\n\n"
    assert not ser.requests


def test_a_dry_run_on_a_terminal_escapes_what_could_harm_it() -> None:
    dry = environment(terminal=True)
    dry.dry_run = True
    dry.request("print", "\x1b[2J")
    assert written(dry.stdout) == ":print:serctl\n\\x1b[2J\n\n"


@pytest.mark.parametrize("answer", ["y\n", "Yes\n", "YES\n"])
def test_a_question_that_is_answered_with_yes(answer: str) -> None:
    asking = environment(stdin=answer, asked=True)
    asking.confirm("Remove joe?")
    assert written(asking.stderr) == "Remove joe? [y/N] "
    assert written(asking.stdout) == ""


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "yes please\n"])
def test_anything_else_is_no(answer: str) -> None:
    with pytest.raises(Failure, match="nothing was changed"):
        environment(stdin=answer, asked=True).confirm("Remove joe?")


def test_the_line_of_a_question_ends_also_at_ctrl_d_and_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = environment(stdin="", asked=True)
    with pytest.raises(Failure):
        asking.confirm("Remove joe?")
    monkeypatch.setattr(asking.stdin, "readline", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        asking.confirm("Remove joe?")
    assert written(asking.stderr) == "Remove joe? [y/N] \n" * 2


def test_where_nobody_can_be_asked_y_is_needed() -> None:
    piped = environment(stdin="y\n")
    with pytest.raises(click.UsageError, match=r"Remove joe\? Nobody can be asked here: .* -y"):
        piped.confirm("Remove joe?")
    piped.assume_yes = True
    piped.confirm("Remove joe?")
    assert written(piped.stderr) == ""


def test_a_frame_keeps_output_and_shares_the_connection() -> None:
    ser = FakeSer(ps="200 ok\n")
    screen = environment(terminal=True, ser=ser)
    with screen.frame() as (frame, text):
        frame.ask("ps")
        frame.write("picture")
        assert frame.is_terminal
    assert text.getvalue() == "picture"
    assert written(screen.stdout) == ""
    screen.close()
    assert ser.closed == 1


def test_notes_are_part_of_a_picture_on_a_terminal_only() -> None:
    for terminal, picture, told in ((True, "a\nserctl: b\n", ""), (False, "a\n", "serctl: b\n")):
        screen = environment(terminal=terminal)
        with screen.frame() as (frame, text):
            frame.write("a\n")
            frame.note("b")
        assert (text.getvalue(), written(screen.stderr)) == (picture, told)


def test_a_fifo_and_a_socket_each_have_their_client(tmp_path: Path) -> None:
    import socket

    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "socket"))
        connect = environment_module.connect
        one = connect(Settings(fifo=str(tmp_path / "fifo")))
        assert isinstance(one, FifoClient)
        elsewhere = connect(Settings(fifo=str(tmp_path / "fifo"), fifo_dir=str(tmp_path / "dir")))
        assert isinstance(elsewhere, FifoClient)
        other = connect(Settings(unix_socket=str(tmp_path / "socket")))
        assert isinstance(other, UnixClient)
        for client in (one, elsewhere, other):
            client.close()


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", b"\xff"), ("ascii", b"\\udcff")])
def test_streams_of_the_process_let_any_byte_through(
    encoding: str, shown: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    own = Environment.of_process()
    own.write("\udcff")
    own.stdout.flush()
    assert raw.getvalue() == shown


def test_a_stream_that_the_process_does_not_have_is_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with Environment.of_process().stdin as stdin:
        assert stdin.read() == ""

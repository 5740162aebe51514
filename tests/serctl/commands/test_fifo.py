from __future__ import annotations

import json
from pathlib import Path

import pytest

from ser_core.fifo.protocol import encode_request
from ser_core.fifo.tables import table_body
from tests.support.serctl_runs import FakeSer, serctl


def test_a_raw_request_shows_the_reply_without_200_ok() -> None:
    ser = FakeSer(print="200 ok\nhello\n")
    run = serctl("fifo", "print", "hello", ser=ser)
    assert (run.status, run.stdout, run.stderr) == (0, "hello\n", "")
    assert ser.requests == [("print", "hello")]


def test_any_other_status_line_is_shown() -> None:
    run = serctl("fifo", "ul_rm", "location", "joe", ser=FakeSer(ul_rm="200 user (…) deleted\n"))
    assert run.stdout == "200 user (…) deleted\n"


@pytest.mark.parametrize(("reply", "status"), [("404 nobody\n", 5), ("500 no\n", 1)])
def test_a_refusal_fails(reply: str, status: int) -> None:
    run = serctl("fifo", "x", ser=FakeSer(x=reply))
    assert (run.status, run.stdout) == (status, "")
    assert run.stderr == f"serctl: ser says {reply}"


def test_arguments_are_lines_as_they_are() -> None:
    """SER's serctl took them for a printf format, and stopped at the first empty one."""
    ser = FakeSer(t_uac_dlg="200 OK\n")
    words = (
        "OPTIONS",
        "sip:joe@example.com",
        ".",
        "From: %s\\n",
        "",
        "-1",
        "--body",
        "*",
        ".",
        ".",
    )
    serctl("fifo", "t_uac_dlg", *words, ser=ser)
    assert ser.requests == [("t_uac_dlg", *words)]


def test_options_stand_before_the_command() -> None:
    run = serctl("fifo", "-F", "json", "print", "-F", "raw", ser=FakeSer(print="200 ok\nx\n"))
    assert json.loads(run.stdout) == {"code": 200, "text": "ok", "body": ["x"]}


def test_a_newline_in_an_argument_is_refused() -> None:
    run = serctl("fifo", "print", "a\n\n:kill:x", ser=FakeSer(print="200 ok\n"))
    assert run.status == 2
    assert "can't have a newline" in run.stderr


def test_headers_and_a_body_from_files(tmp_path: Path) -> None:
    (tmp_path / "headers").write_bytes(b"From: sip:me@example.com\r\nTo: sip:joe@example.com\n")
    words = ("--headers", str(tmp_path / "headers"), "--body", "-")
    run = serctl(
        "fifo", "--dry-run", *words, "t_uac_dlg", "MESSAGE", "sip:joe@example.com", ".",
        stdin="hello\n\nthere",
    )  # fmt: skip
    assert run.status == 0
    assert run.stdout == (
        ":t_uac_dlg:serctl\nMESSAGE\nsip:joe@example.com\n.\nFrom: sip:me@example.com\n"
        "To: sip:joe@example.com\n.\nhello\n\nthere\n.\n\n"
    )


@pytest.mark.parametrize(
    ("option", "text", "mistake"),
    [
        ("--body", "a\n.\nb\n", "can't be a single dot"),
        ("--headers", "a: b\n\n:kill:x\n", "can't be empty"),
    ],
)
def test_lines_that_would_end_their_block_are_refused(option: str, text: str, mistake: str) -> None:
    ser = FakeSer(x="200 ok\n")
    run = serctl("fifo", option, "-", "x", ser=ser, stdin=text)
    assert (run.status, mistake in run.stderr) == (2, True)
    assert not ser.requests


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    run = serctl("fifo", "--body", str(tmp_path / "none"), "x")
    assert run.status == 2
    assert "can't be read: No such file" in run.stderr


def test_a_dry_run_is_what_can_be_written_to_the_fifo() -> None:
    run = serctl("fifo", "--dry-run", "ul_rm", "location", "joe")
    assert run.stdout.encode() == encode_request("ul_rm", "serctl", ["location", "joe"])


def test_which() -> None:
    run = serctl("which", ser=FakeSer(which="200 ok\nkill\nps\n"))
    assert (run.status, run.stdout) == (0, "kill\nps\n")


HELP = b"200 ok\n" + table_body(
    ("command", "arguments", "changes", "help"),
    [("uptime", "", "no", "How long."), ("ul_rm", "table aor", "yes", "Remove a user.")],
)


def test_help_for_all_commands() -> None:
    ser = FakeSer(help=HELP)
    run = serctl("help", ser=ser)
    assert run.stdout == "uptime\t\tno\tHow long.\nul_rm\ttable aor\tyes\tRemove a user.\n"
    assert ser.requests == [("help",)]


def help_of(command: str, takes: str, changes: str) -> bytes:
    columns = ("command", "arguments", "changes", "help", "argument_help")
    return b"200 ok\n" + table_body(columns, [(command, takes, changes, "What.\nAnd how.", "")])


def test_help_for_one_command() -> None:
    ser = FakeSer(help=help_of("uptime", "", "no"))
    run = serctl("help", "uptime", ser=ser, terminal=True)
    assert run.stdout.splitlines()[0] == "command    uptime"
    assert ser.requests == [("help", "uptime")]


def test_help_for_a_verb_of_serctl_says_where_it_is() -> None:
    run = serctl("help", "moni", ser=FakeSer(help="404 there is no command moni\n"))
    assert run.status == 5
    assert run.stderr == (
        "serctl: ser says 404 there is no command moni; for serctl's own verbs: "
        "serctl moni --help\n"
    )


KILL = help_of("kill", "", "yes")
QUESTION = "kill changes something: What. Send it? [y/N] "


@pytest.mark.parametrize(
    ("answer", "status", "requests"),
    [
        ("y\n", 0, [("help", "kill"), ("kill",)]),
        ("\n", 1, [("help", "kill")]),
    ],
)
def test_what_changes_something_asks_whoever_types_it(
    answer: str, status: int, requests: list[tuple[str, ...]]
) -> None:
    ser = FakeSer(help=KILL, kill="200 killing now...\n")
    run = serctl("fifo", "kill", ser=ser, terminal=True, asked=True, stdin=answer)
    assert (run.status, run.stderr.startswith(QUESTION)) == (status, True)
    assert ser.requests == requests


@pytest.mark.parametrize(
    ("words", "asked", "terminal"),
    [(("-y",), True, True), ((), False, True), ((), True, False)],
)
def test_a_script_and_yes_are_believed(words: tuple[str, ...], asked: bool, terminal: bool) -> None:
    ser = FakeSer(help=KILL, kill="200 killing now...\n")
    run = serctl(*words, "fifo", "kill", ser=ser, asked=asked, terminal=terminal)
    assert (run.status, run.stderr, ser.requests) == (0, "", [("kill",)])


def test_a_dry_run_asks_nothing() -> None:
    run = serctl("--dry-run", "fifo", "kill", asked=True, terminal=True)
    assert (run.status, run.stdout, run.stderr) == (0, ":kill:serctl\n\n", "")


@pytest.mark.parametrize(
    ("help_text", "words"),
    [
        (help_of("x", "text", "no"), ("x", "text")),
        (help_of("x", "[level...]", "yes"), ("x",)),
        ("404 there is no command x\n", ("x",)),
    ],
)
def test_what_only_shows_something_or_is_unknown_is_sent(
    help_text: str | bytes, words: tuple[str, ...]
) -> None:
    ser = FakeSer(help=help_text, x="200 ok\n")
    run = serctl("fifo", *words, ser=ser, asked=True, terminal=True)
    assert (run.status, run.stderr, ser.requests[-1]) == (0, "", words)


def test_headers_are_arguments_too(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("From: sip:me@example.com\n")
    ser = FakeSer(help=help_of("x", "headers...", "yes"), x="200 ok\n")
    words = ("--headers", str(tmp_path / "headers"), "x")
    run = serctl("fifo", *words, ser=ser, asked=True, terminal=True, stdin="n\n")
    assert (run.status, ser.requests) == (1, [("help", "x")])

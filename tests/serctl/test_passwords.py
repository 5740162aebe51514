from __future__ import annotations

import io
import os
import pty
import threading
from contextlib import ExitStack

import click
import pytest

from serctl.environment import Environment
from serctl.exit_status import Failure
from serctl.passwords import read_password
from tests.support.serctl_runs import Screen


def environment(stdin: io.TextIOBase, *, in_shell: bool = False) -> Environment:
    made = Environment(stdin, io.StringIO(), io.StringIO(), in_shell=in_shell)  # type: ignore[arg-type]
    assert made.in_shell is in_shell
    return made


@pytest.mark.parametrize("text", ["heslo\n", "heslo", "heslo\r\n", "heslo\nmore\n"])
def test_a_pipe_brings_one_line(text: str) -> None:
    assert read_password(environment(io.StringIO(text)), from_stdin=True) == "heslo"


@pytest.mark.parametrize("text", ["", "\n", "a\0b\n", "a\x1bb\n", "x" * 10_000])
def test_what_is_no_password(text: str) -> None:
    with pytest.raises(Failure, match="nothing was changed"):
        read_password(environment(io.StringIO(text)), from_stdin=True)


def test_the_lines_of_a_script_arent_passwords() -> None:
    with pytest.raises(click.UsageError):
        read_password(environment(io.StringIO("rm joe\n"), in_shell=True), from_stdin=True)


def test_what_wont_do_is_asked_for_again_before_it_is_typed_twice() -> None:
    made = environment(Screen("\nheslo\nhelso\nheslo\nheslo\n"))
    assert read_password(made, from_stdin=False) == "heslo"
    assert isinstance(made.stderr, io.StringIO)
    new, same = "New password: \n", "The same again: \n"
    assert made.stderr.getvalue() == (
        f"{new}serctl: a password is missing; try again\n"
        f"{new}{same}serctl: the two differ; try again\n"
        f"{new}{same}"
    )


@pytest.mark.parametrize(
    ("typed", "why"), [("a\nb\n" * 4, "the two differ"), ("\n" * 4, "a password is missing")]
)
def test_the_third_mistake_is_the_last(typed: str, why: str) -> None:
    stdin = Screen(typed)
    with pytest.raises(Failure, match=f"^{why}; nothing was changed$"):
        read_password(environment(stdin), from_stdin=False)
    assert stdin.read() == typed[: len(typed) // 4]


@pytest.mark.parametrize("typed", ["", "heslo\n", "heslo\nhelso\n"])
def test_the_end_of_the_input_is_a_no(typed: str) -> None:
    with pytest.raises(click.Abort):
        read_password(environment(Screen(typed)), from_stdin=False)


def test_nothing_of_it_is_shown_on_a_terminal() -> None:
    controlling, terminal = pty.openpty()
    with ExitStack() as closing:
        stdin = closing.enter_context(open(terminal))
        screen = closing.enter_context(open(os.dup(terminal), "w"))
        made = Environment(stdin, io.StringIO(), screen)
        shown: list[bytes] = []

        def type_in() -> None:
            for _ in range(2):
                seen = b""
                while not seen.endswith(b": "):
                    seen += os.read(controlling, 1000)
                shown.append(seen)
                os.write(controlling, b"heslo\n")

        typing = threading.Thread(target=type_in)
        typing.start()
        assert read_password(made, from_stdin=False) == "heslo"
        typing.join()
        shown.append(os.read(controlling, 1000))
    os.close(controlling)
    assert b"heslo" not in b"".join(shown)
    assert b"New password: " in shown[0]

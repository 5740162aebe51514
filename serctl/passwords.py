"""Passwords: typed twice without being shown, or read from a pipe; never on the command line."""

from __future__ import annotations

import io
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from serctl.environment import Environment
from serctl.exit_status import Failure

IN_SIGHT = (
    "a password doesn't stand on the command line, where every user of this machine can read it "
    "(ps): leave it out and it is asked for, or pipe it in with --password-stdin"
)


TRIES = 3
"""As many as passwd(1) gives."""


def read_password(environment: Environment, *, from_stdin: bool) -> str:
    """The new password; typed ones are asked for again when they won't do, a few times.

    Raises UsageError, Failure, click.Abort at Ctrl-D, KeyboardInterrupt at Ctrl-C.
    """
    if from_stdin:
        try:
            return _checked(_piped(environment))
        except ValueError as error:
            raise Failure(f"{error}; nothing was changed") from None
    if not environment.input_is_terminal:
        raise click.UsageError("Nobody can be asked for a password here: use --password-stdin")
    for _ in range(TRIES - 1):
        try:
            return _typed_twice(environment)
        except ValueError as error:
            environment.note(f"{error}; try again")
    try:
        return _typed_twice(environment)
    except ValueError as error:
        raise Failure(f"{error}; nothing was changed") from None


def _checked(text: str) -> str:
    """The same. Raises ValueError: a sentence for the user."""
    from ser_core.database.names import checked_password

    return checked_password(text)


def _piped(environment: Environment) -> str:
    if environment.in_shell:
        raise click.UsageError(
            "--password-stdin: stdin is where the lines of this script come from"
        )
    return environment.stdin.readline().removesuffix("\n").removesuffix("\r")


def _typed_twice(environment: Environment) -> str:
    first = _checked(_hidden_line(environment, "New password: "))
    if first != _hidden_line(environment, "The same again: "):
        raise ValueError("the two differ")
    return first


def _hidden_line(environment: Environment, prompt: str) -> str:
    environment.stdout.flush()
    with _without_echo(environment.stdin):
        environment.stderr.write(prompt)
        environment.stderr.flush()
        try:
            line = environment.stdin.readline()
        finally:
            environment.stderr.write("\n")
            environment.stderr.flush()
    if not line:
        raise click.Abort
    return line.removesuffix("\n")


@contextmanager
def _without_echo(stream: TextIO) -> Iterator[None]:
    try:
        descriptor = stream.fileno()
    except io.UnsupportedOperation:  # no real terminal
        yield
        return
    before = termios.tcgetattr(descriptor)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)

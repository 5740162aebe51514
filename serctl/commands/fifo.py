"""The FIFO itself: raw requests, and what ser says about its commands."""

from __future__ import annotations

from typing import IO

import click

from ser_core.fifo.protocol import BodyLines, HeaderLines, Sendable
from serctl.command_help import ALL, FULL, record_of
from serctl.environment import Environment
from serctl.output import Column, Table, show, show_reply
from serctl.replies import lines_of, rows_of
from serctl.verbs import Verb, pass_environment, reading


@click.command(
    cls=Verb, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.option("--headers", metavar="FILE", help="Send the lines of FILE (-: stdin) as headers.")
@click.option("--body", metavar="FILE", help="Send the lines of FILE (-: stdin) as a body.")
@click.argument("command")
@click.argument("arguments", metavar="[ARGUMENT]...", nargs=-1, type=click.UNPROCESSED)
@pass_environment
def fifo(
    environment: Environment,
    headers: str | None,
    body: str | None,
    command: str,
    arguments: tuple[str, ...],
) -> None:
    """Send COMMAND to ser's FIFO as it is, and show the reply.

    Each ARGUMENT is a line. Headers and bodies are lines too, with a dot behind the last one, as
    in SER's serctl; or they come from files, behind all other arguments. Options stand before
    COMMAND. Typed on a terminal, a command that changes something asks first; a script is believed.

    \b
        serctl fifo print hello
        serctl fifo t_uac_dlg OPTIONS sip:joe@example.com . \\
            'From: sip:me@example.com' 'To: sip:joe@example.com' . .
        echo hi | serctl fifo --headers headers.txt --body - \\
            t_uac_dlg MESSAGE sip:joe@example.com .
    """
    if environment.is_typed:
        _confirm(environment, command, is_bare=not (arguments or headers or body))
    more: list[Sendable] = []
    if headers is not None:
        more.append(HeaderLines(_lines_from(environment, headers)))
    if body is not None:
        more.append(BodyLines(_lines_from(environment, body)))
    reply = environment.ask(command, *arguments, *more)
    show_reply(environment, reply)


def _confirm(environment: Environment, command: str, *, is_bare: bool) -> None:
    """Ask, when ser says that the command changes something.

    One that takes arguments and gets none, such as `debug`, only shows something, or is refused.
    """
    reply = environment.request("help", command)
    if not reply.is_ok:  # there is no such command, as ser will say
        return
    [(_, takes, changes, text), *_] = rows_of(reply, *(column.name for column in ALL))
    if changes == "yes" and not (takes and is_bare):
        first = text.partition("\n")[0]
        environment.confirm(f"{command} changes something: {first} Send it?")


def _lines_from(environment: Environment, name: str) -> list[str]:
    if name == "-":
        return _split(environment.stdin)
    try:
        with open(name, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return _split(file)
    except OSError as error:
        raise click.UsageError(f"{name} can't be read: {error.strerror}") from None


def _split(file: IO[str]) -> list[str]:
    return [line.rstrip("\r\n") for line in file]


@click.command(cls=Verb)
@reading
def which(environment: Environment) -> None:
    """List the commands that ser's FIFO takes."""
    reply = environment.ask("which")
    show(environment, Table((Column("command"),), [[name] for name in lines_of(reply)]), reply)


@click.command("help", cls=Verb)
@click.argument("command", required=False)
@reading
def help_(environment: Environment, command: str | None) -> None:
    """Say what ser's FIFO commands do: all, or one.

    What serctl's own verbs do stands in `serctl --help` and `serctl VERB --help`.
    """
    hint = f"; for serctl's own verbs: serctl {command} --help" if command else ""
    if command:
        reply = environment.ask("help", command, hint=hint)
        for row in rows_of(reply, *(column.name for column in FULL)):
            show(environment, record_of(environment, row), reply)
    else:
        reply = environment.ask("help")
        show(environment, Table(ALL, rows_of(reply, *(column.name for column in ALL))), reply)

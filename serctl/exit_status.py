"""The exit statuses of `serctl`, and which error gives which."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ser_core.fifo.protocol import Reply


class ExitStatus(enum.IntEnum):
    """How `serctl` ends."""

    OK = 0
    """Done; also when whoever read the output had enough, and when Ctrl-C ended a --watch."""
    REFUSED = 1
    """ser, or the far end, said no; or the question was answered with no."""
    USAGE = 2
    """A command line or a serctl.toml that can't be understood."""
    CANNOT_REACH = 3
    """ser isn't running, or its FIFO can't be used; or the database can't be reached."""
    TIMEOUT = 4
    """ser got the request, and no reply came in time."""
    NOT_FOUND = 5
    """What was asked for isn't there: a user, a contact, a command of the FIFO."""
    INTERRUPTED = 130
    """Ctrl-C."""


class Failure(click.ClickException):
    """Something that ends a command: a sentence for the user, and the exit status."""

    def __init__(self, message: str, status: ExitStatus = ExitStatus.REFUSED) -> None:
        super().__init__(message)
        self.status = status


class Refused(Failure):
    """ser answered, and the answer is no."""

    def __init__(self, reply: Reply, hint: str = "") -> None:
        status = ExitStatus.NOT_FOUND if reply.code == 404 else ExitStatus.REFUSED
        hint = hint or _hint_for(reply)
        super().__init__(f"ser says {_sentence_of(reply)}{hint}", status)
        self.reply = reply


def _hint_for(reply: Reply) -> str:
    if reply.code == 500 and reply.text.startswith("command ") and "not available" in reply.text:
        return (
            "; `serctl which` lists those there are: modules bring theirs when ser.cfg loads them"
        )
    return ""


def _sentence_of(reply: Reply) -> str:
    """Status line and body in one; SER puts the rest of an error there."""
    body = reply.body.decode("utf-8", "surrogateescape").split()
    return " ".join([str(reply.code), reply.text.strip(), *body])


def status_of(error: BaseException) -> ExitStatus:
    """The exit status that stands for an error."""
    from ser_core.fifo.client import CannotReach, NoReply  # only when something went wrong

    if isinstance(error, Failure):
        return error.status
    if isinstance(error, click.UsageError):
        return ExitStatus.USAGE
    from ser_core.database.errors import DatabaseDown

    if isinstance(error, CannotReach | DatabaseDown):
        return ExitStatus.CANNOT_REACH
    if isinstance(error, NoReply):
        return ExitStatus.TIMEOUT
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return ExitStatus.INTERRUPTED
    return ExitStatus.REFUSED


def message_of(error: BaseException) -> str:
    """What is told about an error, in one line, without `serctl:` before it."""
    if isinstance(error, click.UsageError):
        where = f" ({error.ctx.command_path} --help)" if error.ctx else ""
        return f"{error.format_message()}{where}"
    if isinstance(error, click.ClickException):
        return error.format_message()
    return str(error)

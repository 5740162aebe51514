"""Messages to subscribers, handed to the machine's sendmail or to a mail server.

Addresses and subjects go through `email.message`, which lets no line end into a header; no address
ever stands on a command line.
"""

from __future__ import annotations

import getpass
import re
import smtplib
import socket
import subprocess
from email.message import EmailMessage
from email.policy import SMTP

import click

from serctl.exit_status import ExitStatus, Failure
from serctl.settings import Settings

TIMEOUT = 30.0
"""Seconds that the program, or the server, may take."""


def compose(settings: Settings, recipient: str, subject: str, text: str) -> EmailMessage:
    """A message in plain text. Raises UsageError for a sender or subject that can't be."""
    from ser_core.database.names import checked_address

    sender = settings.mail_from or f"{getpass.getuser()}@{socket.getfqdn()}"
    if not subject.isprintable():
        raise click.UsageError("a subject takes no control characters")
    try:
        checked_address(sender)
    except ValueError as error:
        raise click.UsageError(f"mail_from: {error}") from None
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Auto-Submitted"] = "no"
    message.set_content(_readable(text))
    return message


def send(settings: Settings, message: EmailMessage) -> None:
    """Hand the message on. Raises Failure."""
    if settings.smtp:
        _by_server(settings.smtp, message)
    else:
        _by_program(settings.sendmail, message)


def _by_program(program: str, message: EmailMessage) -> None:
    data = message.as_bytes(policy=message.policy.clone(linesep="\n"))
    try:
        run = subprocess.run(
            [program, "-t", "-i"], input=data, capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"{program} took more than {TIMEOUT:g} s", ExitStatus.TIMEOUT) from None
    except OSError as error:
        raise Failure(
            f"sending message failed: {program}: {error.strerror}; install a mail server, or set "
            "`smtp` in serctl.toml"
        ) from None
    if run.returncode != 0:
        said = " ".join(run.stderr.decode("utf-8", "replace").split())[:500]
        raise Failure(f"sending message failed: {program} ended with {run.returncode} {said}")


def _by_server(server: str, message: EmailMessage) -> None:
    host, port = _address_of(server)
    try:
        with smtplib.SMTP(host, port, timeout=TIMEOUT) as connection:
            connection.send_message(message)
    except smtplib.SMTPException as error:
        raise Failure(f"sending message failed: {server}: {error}") from None
    except OSError as error:
        raise Failure(
            f"mail server {server}: {error.strerror or error}", ExitStatus.CANNOT_REACH
        ) from None


def _address_of(server: str) -> tuple[str, int]:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+)(?::(\d{1,5}))?", server)
    if match is None:
        raise click.UsageError(f"smtp: {server!r} is not HOST or HOST:PORT")
    return match[1].strip("[]"), int(match[2] or 25)


def _readable(text: str) -> str:
    """What isn't UTF-8 replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

"""E-mail to subscribers."""

from __future__ import annotations

import click

from serctl.database import database_option, opened, would
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.subscribers import known
from serctl.users import subscriber_name
from serctl.verbs import Verb, pass_environment


@click.command(cls=Verb)
@click.argument("user", metavar="SUBSCRIBER")
@click.option("--subject", metavar="TEXT", help="Message from DOMAIN SIP admin, without it.")
@database_option
@pass_environment
def mail(environment: Environment, user: str, subject: str | None) -> None:
    """Send a subscriber an e-mail, with the text that is typed or piped in.

    It goes to the address in the database, through the machine's sendmail, or through the mail
    server that `smtp` in serctl.toml names.

    \b
        serctl mail joe@example.com < notice.txt
    """
    from serctl.mailing import compose, send

    name, domain = subscriber_name(environment.settings, user)
    with opened(environment, reads=True) as database:
        found = database.run(lambda each: known(each, name, domain))
    address = _usable(found.email, f"{name}@{domain}")
    if would(environment, f"send {name}@{domain} an e-mail to {address}"):
        return
    if environment.in_shell and not environment.input_is_terminal:
        raise click.UsageError("stdin is where the lines of this script come from")
    if environment.input_is_terminal:
        environment.note(f"Write email to {name}@{domain}: {address} now (Ctrl-D ends it) ...")
    title = f"Message from {domain} SIP admin" if subject is None else subject
    message = compose(environment.settings, address, title, environment.stdin.read())
    send(environment.settings, message)
    environment.write("message sent\n")


def _usable(address: str, who: str) -> str:
    """The address of the table; whatever wrote it there, it must be one."""
    from ser_core.database.names import checked_address

    try:
        return checked_address(address)
    except ValueError as error:
        raise Failure(f"{who}: {error}", ExitStatus.NOT_FOUND) from None

"""Remote-Party-IDs: who callers are shown to be."""

from __future__ import annotations

import click

from serctl.database import database_option, opened, would
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure
from serctl.output import Column, Table, show
from serctl.subscribers import known
from serctl.users import subscriber_name
from serctl.verbs import Subject, Verb, pass_environment, reading

COLUMNS = (Column("user"), Column("rpid"))


@click.group(cls=Subject)
def rpid() -> None:
    """Show and change Remote-Party-IDs: who subscribers are shown to be when they call."""


@rpid.command("show", cls=Verb)
@click.argument("user", metavar="[SUBSCRIBER]", required=False)
@database_option
@reading
def rpid_show(environment: Environment, user: str | None) -> None:
    """Show the Remote-Party-IDs of all, or of one subscriber.

    \b
        serctl rpid show
    """
    from ser_core.database import subscribers

    with opened(environment, reads=True) as database:
        if user is None:
            found = database.run(lambda each: [x for x in subscribers.each(each) if x.rpid])
        else:
            name, domain = subscriber_name(environment.settings, user)
            found = [database.run(lambda each: known(each, name, domain))]
    rows = [(f"{x.username}@{x.domain}", x.rpid) for x in found]
    show(environment, Table(COLUMNS, rows), if_none="nobody has an rpid")


@rpid.command("add", cls=Verb)
@click.argument("user", metavar="SUBSCRIBER")
@click.argument("rpid")
@database_option
@pass_environment
def rpid_add(environment: Environment, user: str, rpid: str) -> None:
    """Give a subscriber a Remote-Party-ID: a number, or a URI.

    \b
        serctl rpid add joe@example.com +14155550100
    """
    from ser_core.database.names import checked_rpid

    try:
        checked_rpid(rpid)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    _set(environment, user, rpid)


@rpid.command("rm", cls=Verb)
@click.argument("user", metavar="SUBSCRIBER")
@database_option
@pass_environment
def rpid_rm(environment: Environment, user: str) -> None:
    """Take a subscriber's Remote-Party-ID away.

    \b
        serctl rpid rm joe@example.com
    """
    _set(environment, user, None)


def _set(environment: Environment, user: str, rpid: str | None) -> None:
    from ser_core.database import subscribers

    name, domain = subscriber_name(environment.settings, user)
    if would(environment, f"set the rpid of {name}@{domain} to {rpid or 'nothing'}"):
        return
    with opened(environment, reads=True) as database:
        before = database.run(lambda each: known(each, name, domain))
        if rpid is None and before.rpid is None:
            raise Failure(f"{name}@{domain} has no rpid", ExitStatus.NOT_FOUND)
        now = environment.now()
        database.run(
            lambda each: subscribers.change(each, name, domain, now, rpid=rpid), writes=True
        )
    show(environment, Table(COLUMNS, [(f"{name}@{domain}", rpid)]))

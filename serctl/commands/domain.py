"""Domains that ser is responsible for."""

from __future__ import annotations

import click

from ser_core.errors import SerError
from serctl.database import database_option, opened, would
from serctl.environment import Environment
from serctl.exit_status import ExitStatus, Failure, message_of, status_of
from serctl.output import Column, Table, show
from serctl.times import Moment
from serctl.verbs import Subject, Verb, changing, pass_environment, reading

WHOSE = "domain"
COLUMNS = (Column("domain"), Column("since", is_time=True))


@click.group(cls=Subject)
def domain() -> None:
    """Show and change the domains that ser serves: those of is_uri_host_local()."""


@domain.command("show", cls=Verb)
@database_option
@reading
def domain_show(environment: Environment) -> None:
    """Show the domains in the database.

    \b
        serctl domain show
    """
    from ser_core.database import domains

    with opened(environment, reads=True, whose=WHOSE) as database:
        found = database.run(domains.domains)
    show(
        environment,
        Table(COLUMNS, [(each.name, Moment(each.since)) for each in found]),
        if_none="there is no domain",
    )


@domain.command("add", cls=Verb)
@click.argument("domain", metavar="NAME")
@database_option
@pass_environment
def domain_add(environment: Environment, domain: str) -> None:
    """Add a domain, and have the running ser know of it.

    \b
        serctl domain add example.com
    """
    from ser_core.database import domains

    name = _checked(domain)
    if not would(environment, f"add {name} to domain"):
        now = environment.now()
        with opened(environment, whose=WHOSE) as database:
            if not database.run(lambda each: domains.add(each, name, now), writes=True):
                raise Failure(f"domain {name} is there already")
    _reload(environment)
    if not environment.dry_run:
        environment.write(f"domain {name} added\n")


@domain.command("rm", cls=Verb)
@click.argument("domain")
@database_option
@changing
def domain_rm(environment: Environment, domain: str) -> None:
    """Remove a domain, and have the running ser know of it. Subscribers stay.

    \b
        serctl domain rm example.com
    """
    from ser_core.database import domains

    name = _checked(domain)
    if not would(environment, f"remove {name} from domain"):
        environment.confirm(f"Remove the domain {name}?")
        with opened(environment, reads=True, whose=WHOSE) as database:
            if not database.run(lambda each: domains.remove(each, name), writes=True):
                raise Failure(f"there is no domain {name}", ExitStatus.NOT_FOUND)
    _reload(environment)
    if not environment.dry_run:
        environment.write(f"domain {name} removed\n")


def _checked(text: str) -> str:
    from ser_core.database.names import checked_domain

    try:
        return checked_domain(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _reload(environment: Environment) -> None:
    """Tell the running ser. None may run, and its ser.cfg needn't load `domain`."""
    try:
        reply = environment.request("domain_reload")
    except (SerError, Failure) as error:
        if status_of(error) != ExitStatus.CANNOT_REACH:
            environment.note(f"ser may not know of it yet: {message_of(error)}")
        return
    if not reply.is_ok and "not available" not in reply.text:
        environment.note(f"ser may not know of it yet: it says {reply.code} {reply.text}")
